package org.llmsurgeon.surgery;

import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.CostKind;
import org.llmsurgeon.pruning.RowsColumns;
import org.llmsurgeon.pruning.SelectionKind;
import org.llmsurgeon.pruning.SparsitySchedule;
import org.llmsurgeon.pruning.Structures;
import org.llmsurgeon.pruning.Units;
import org.llmsurgeon.pruning.UpdateKind;

/**
 * Everything that decides what a run does to a model, besides the model and the data. Two runs with
 * equal recipes on the same inputs write the same bytes.
 *
 * @param structures what may be removed
 * @param selection how it is decided within a shot what goes
 * @param sparsity share of the prunable weights that is gone at the end, in (0, 1]
 * @param shots rounds of calibrating and cutting, at least 1
 * @param curvature approximation of the Fisher
 * @param diagonal whether costs look at the diagonal only and nothing makes up for what goes (OBD)
 * @param update how the weights that stay make up for those that go; not used with {@code diagonal}
 * @param damping relative damping of the factors
 * @param calibration how text becomes windows
 * @param shards groups of windows that are accumulated as one; 0 for one per eight windows
 */
public record Recipe(
    Structures structures,
    SelectionRule selection,
    double sparsity,
    int shots,
    CurvatureKind curvature,
    boolean diagonal,
    UpdateKind update,
    Damping damping,
    CalibrationText calibration,
    int shards) {

  /**
   * How it is decided within a shot what goes.
   *
   * @param kind single costs, global rounds or elimination paths
   * @param pathStep share of a group's weights that goes in one local round of a path
   */
  public record SelectionRule(SelectionKind kind, double pathStep) {
    /** Local rounds of two per cent. */
    public static final double DEFAULT_STEP = 0.02;

    /**
     * Checks the step.
     *
     * @throws InputException if it is not a share
     */
    public SelectionRule {
      if (!(pathStep > 0 && pathStep <= 1)) {
        throw new InputException("--path-step is " + pathStep + "; give a share, as 0.02.");
      }
    }
  }

  /**
   * How calibration text becomes windows; files that hold windows already are used whole and in
   * order.
   *
   * @param sequences windows drawn
   * @param context tokens of a window; null for the model's positions, at most {@link
   *     #MOST_CONTEXT}
   * @param seed of the random draw
   */
  public record CalibrationText(int sequences, Integer context, long seed) {
    /** Longest window that is used unless another is asked for, tokens. */
    public static final int MOST_CONTEXT = 2048;

    /**
     * Checks the counts.
     *
     * @throws InputException if one is too small
     */
    public CalibrationText {
      if (sequences < 1) {
        throw new InputException("--sequences is " + sequences + "; give at least 1.");
      }
      if (context != null && context < 2) {
        throw new InputException("--context is " + context + "; a window needs at least 2 tokens.");
      }
    }

    /**
     * Tokens of a window for a model.
     *
     * @param positions the model's longest context
     */
    public int contextFor(int positions) {
      return context != null ? context : Math.min(positions, MOST_CONTEXT);
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws InputException if one makes no sense, naming the option
   */
  public Recipe {
    if (!(sparsity > 0 && sparsity <= 1)) {
      throw new InputException(
          "--sparsity is " + sparsity + "; give a share above 0 and up to 1, as 0.5 for a half.");
    }
    if (shots < 1) {
      throw new InputException("--shots is " + shots + "; give at least 1.");
    }
    if (shards < 0) {
      throw new InputException(
          "--shards is " + shards + "; give at least 1, or 0 for the default.");
    }
  }

  /** The defaults of the command line. */
  public static Recipe defaults() {
    return new Recipe(
        RowsColumns.BOTH,
        new SelectionRule(SelectionKind.SINGLE, SelectionRule.DEFAULT_STEP),
        0.5,
        40,
        CurvatureKind.KFAC,
        false,
        UpdateKind.JOINT,
        Damping.DEFAULT,
        new CalibrationText(128, null, 0),
        0);
  }

  /** What costs are computed from. */
  public CostKind costs() {
    return diagonal ? CostKind.OBD : CostKind.OBS;
  }

  /** The update that is really applied: none with {@code diagonal}. */
  public UpdateKind appliedUpdate() {
    return diagonal ? UpdateKind.NONE : update;
  }

  /**
   * Share of the weights that is to be gone after a shot.
   *
   * @param shot from 1
   */
  public double target(int shot) {
    return new SparsitySchedule.Linear(sparsity).target(shot, shots);
  }

  /**
   * The recipe as option names and plain values, in a fixed order: for recipe files, plans and
   * reports.
   */
  public Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("structures", structures.optionName());
    options.put("units", structures instanceof Units units ? units.unitNames() : null);
    options.put("selection", selection.kind().optionName());
    options.put("path-step", selection.pathStep());
    options.put("sparsity", sparsity);
    options.put("shots", shots);
    options.put("curvature", curvature.optionName());
    options.put("diagonal", diagonal);
    options.put("update", update.optionName());
    options.put("damp-g", damping.g());
    options.put("damp-a", damping.a());
    options.put("sequences", calibration.sequences());
    options.put("context", calibration.context());
    options.put("seed", calibration.seed());
    options.put("shards", shards);
    return options;
  }

  /**
   * A recipe from option names and values; what is missing has its default.
   *
   * @param options names as in {@link #options}; values as numbers, booleans or text
   * @throws InputException naming an unknown option or a value of the wrong kind
   */
  public static Recipe of(Map<String, ?> options) {
    RecipeOptions read = new RecipeOptions(defaults().options(), options);
    Structures structures = structures(read);
    return new Recipe(
        structures,
        new SelectionRule(selection(read, structures), read.number("path-step")),
        read.number("sparsity"),
        read.integer("shots"),
        CurvatureKind.parse(read.text("curvature")),
        read.flag("diagonal"),
        UpdateKind.parse(read.text("update")),
        new Damping(read.number("damp-g"), read.number("damp-a")),
        new CalibrationText(
            read.integer("sequences"), read.optionalInteger("context"), read.longInteger("seed")),
        read.integer("shards"));
  }

  private static Structures structures(RecipeOptions read) {
    Structures structures = Structures.parse(read.text("structures"));
    String units = read.optionalText("units");
    if (units != null && !(structures instanceof Units)) {
      throw new InputException("--units goes with --structures units only.");
    }
    return units == null ? structures : Units.of(units);
  }

  /**
   * Units imply paths, rows and columns the paper's single costs, unless something is asked for.
   */
  private static SelectionKind selection(RecipeOptions read, Structures structures) {
    boolean units = structures instanceof Units;
    if (!read.given("selection")) {
      return units ? SelectionKind.PATHS : SelectionKind.SINGLE;
    }
    SelectionKind kind = SelectionKind.parse(read.text("selection"));
    if (kind != SelectionKind.SINGLE && !units) {
      throw new InputException(
          "--selection " + kind.optionName() + " goes with --structures units only.");
    }
    return kind;
  }
}
