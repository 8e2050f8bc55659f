package org.llmsurgeon.surgery.recipe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * Everything that decides what a run does to a model, besides the model and the data. Two runs with
 * equal recipes on the same inputs write the same bytes.
 *
 * @param structures what may be removed
 * @param selection how it is decided within a shot what goes
 * @param goal how much is gone at the end
 * @param pace in how many shots
 * @param curvature how the curvature of the loss is measured
 * @param diagonal whether costs look at the diagonal only and nothing makes up for what goes (OBD)
 * @param update how the weights that stay make up for those that go; not used with {@code diagonal}
 * @param damping relative damping of the factors
 * @param calibration how text becomes windows
 * @param shards groups of windows that are accumulated as one; 0 for one per eight windows
 * @param elements how single weights and N:M groups go
 * @param correction what is trained after each shot
 * @param layers which layers may be touched, and how far
 */
public record Recipe(
    Structures structures,
    SelectionRule selection,
    Goal goal,
    Pace pace,
    CurvatureRule curvature,
    boolean diagonal,
    UpdateKind update,
    Damping damping,
    CalibrationText calibration,
    int shards,
    ElementRule elements,
    CorrectionRule correction,
    LayerRule layers) {

  /**
   * How it is decided within a shot what goes.
   *
   * @param kind single costs, global rounds or elimination paths
   * @param pathStep share of a group's weights that goes in one local round of a path
   * @param rounds global rounds of a shot, also of single weights and N:M; 1 unless they are asked
   *     for
   * @param widths how wide layers may be left
   */
  public record SelectionRule(SelectionKind kind, double pathStep, int rounds, WidthRule widths) {
    /** Local rounds of two per cent. */
    public static final double DEFAULT_STEP = 0.02;

    /** Global rounds of a shot, where it goes by rounds. */
    public static final int DEFAULT_ROUNDS = 4;

    /**
     * Checks the numbers.
     *
     * @throws InputException if the step is not a share or a count is too small
     */
    public SelectionRule {
      if (!(pathStep > 0 && pathStep <= 1)) {
        throw new InputException("--path-step is " + pathStep + "; give a share, as 0.02.");
      }
      if (rounds < 1) {
        throw new InputException("--rounds is " + rounds + "; give at least 1.");
      }
    }

    private void checkWidths(Structures structures, LayerRule layers) {
      boolean all = layers.include().isEmpty() && layers.exclude().isEmpty() && !layers.alone();
      if (widths.oneWidth() && !all) {
        throw new InputException(
            "--one-width goes with one threshold over all layers; leave --threshold layer,"
                + " --include and --exclude out.");
      }
      for (String option : widths.active()) {
        if (kind != SelectionKind.PATHS) {
          throw new InputException(
              "--" + option + " goes with --structures units --selection paths only.");
        }
        boolean whole = structures instanceof Units units && Units.loadable(units.kinds());
        if (!option.equals(WidthRule.ROUND_TO) && !whole) {
          throw new InputException(
              "--"
                  + option
                  + " goes with units that are neurons, heads and groups; give --preset hardware,"
                  + " or --units neuron,head,group.");
        }
      }
    }
  }

  /**
   * How much is gone at the end.
   *
   * @param sparsity the share, in (0, 1]
   * @param of what it is a share of
   */
  public record Goal(double sparsity, TargetQuantity of) {
    /**
     * Checks the share.
     *
     * @throws InputException if it makes no sense
     */
    public Goal {
      if (!(sparsity > 0 && sparsity <= 1)) {
        throw new InputException(
            "--sparsity is " + sparsity + "; give a share above 0 and up to 1, as 0.5 for a half.");
      }
    }
  }

  /**
   * In how many rounds of calibrating and cutting the goal is reached.
   *
   * @param adaptive whether the size of each shot follows from the one before, see {@link
   *     AdaptiveSteps}
   * @param shots how many; the most where they are adaptive
   * @param schedule how large each is; of no use where they are adaptive
   * @param saveAt shares at which the model is kept on the way; a shot ends at each
   */
  public record Pace(boolean adaptive, int shots, SparsitySchedule schedule, List<Double> saveAt) {
    /** The most adaptive shots unless another number is asked for. */
    public static final int MOST = 40;

    /** Equal steps. */
    public static final SparsitySchedule LINEAR = new SparsitySchedule.Linear();

    /**
     * Equal steps, or adaptive ones.
     *
     * @throws InputException if there is no shot
     */
    public Pace(boolean adaptive, int shots) {
      this(adaptive, shots, LINEAR, List.of());
    }

    /**
     * Sorts the shares and checks all numbers.
     *
     * @throws InputException if there is no shot, or a share that is none
     */
    public Pace {
      saveAt = saveAt.stream().distinct().sorted().toList();
      for (double save : saveAt) {
        if (!(save > 0 && save <= 1)) {
          throw new InputException(
              "--save-at has " + save + "; give shares above 0 and up to --sparsity.");
        }
      }
      if (shots < 1) {
        String option = adaptive ? "--max-shots" : "--shots";
        throw new InputException(option + " is " + shots + "; give at least 1.");
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
   * @param fresh whether every shot draws its own windows: those of shot t follow, in the draw of
   *     this seed, on those of the shots before
   */
  public record CalibrationText(int sequences, Integer context, long seed, boolean fresh) {
    /** Longest window that is used unless another is asked for, tokens. */
    public static final int MOST_CONTEXT = 2048;

    /**
     * The same windows for all shots.
     *
     * @throws InputException if a count is too small
     */
    public CalibrationText(int sequences, Integer context, long seed) {
      this(sequences, context, seed, false);
    }

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
   * Checks what belongs together.
   *
   * @throws InputException if something makes no sense, naming the option
   */
  public Recipe {
    if (shards < 0) {
      throw new InputException(
          "--shards is " + shards + "; give at least 1, or 0 for the default.");
    }
    new ShotTargets(goal, pace).check();
    if (!curvature.kind().product()) {
      curvature.requireJoint(diagonal, update, elements, selection.rounds());
    }
    boolean units = structures instanceof Units;
    if (selection.kind() != SelectionKind.SINGLE && !units) {
      throw new InputException(
          "--selection " + selection.kind().optionName() + " goes with --structures units only.");
    }
    selection.checkWidths(structures, layers);
    if (structures instanceof Patterns patterns && goal.of() == TargetQuantity.WEIGHTS) {
      patterns.pattern().groups(goal.sparsity(), 0);
    }
    if (pace.adaptive() && !(units && curvature.kind().ofLoss())) {
      throw new InputException(
          "--shots auto needs predictions of the loss, which --structures units with --curvature"
              + " kfac give; choose these, or give a number of shots.");
    }
    if (pace.adaptive() && calibration.fresh()) {
      throw new InputException(
          "--shots auto compares the loss of the same windows from shot to shot, which"
              + " --fresh-calibration changes; leave one of them out.");
    }
  }

  /**
   * Throws where the curvature cannot serve to prune these structures.
   *
   * @throws InputException naming both
   */
  public void requirePrunable() {
    if (structures instanceof Units && !curvature.kind().product()) {
      throw new InputException(
          "--curvature "
              + curvature.kind().optionName()
              + " has no joint costs, which --structures units need; choose row,column, element or"
              + " N:M, or --curvature kfac or nearest-kronecker.");
    }
  }

  /** The defaults of the command line. */
  public static Recipe defaults() {
    return new Recipe(
        Units.LOADABLE,
        new SelectionRule(SelectionKind.PATHS, SelectionRule.DEFAULT_STEP, 1, WidthRule.NONE),
        new Goal(0.5, TargetQuantity.WEIGHTS),
        new Pace(false, 10),
        CurvatureRule.DEFAULT,
        false,
        UpdateKind.JOINT,
        Damping.DEFAULT,
        new CalibrationText(128, null, 0),
        0,
        ElementRule.DEFAULT,
        CorrectionRule.DEFAULT,
        LayerRule.DEFAULT);
  }

  /** Shots; where they are adaptive, the most there may be. */
  public int shots() {
    return new ShotTargets(goal, pace).count();
  }

  /** Whether there is nothing to do without calibration data. */
  public boolean needsData() {
    return curvature.kind().needsData() || correction.appliesTo(true);
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
   * Share of the prunable weights that is to be gone after a shot of a fixed number.
   *
   * @param shot from 1
   * @param share of the prunable weights at the end, from {@link TargetShare}
   */
  public double target(int shot, double share) {
    return new ShotTargets(goal, pace).of(shot, share);
  }

  /**
   * How far shots go where they are adaptive.
   *
   * @param share of the prunable weights at the end, from {@link TargetShare}
   */
  public AdaptiveSteps adaptiveSteps(double share) {
    return new AdaptiveSteps(share, pace.shots(), new ShotTargets(goal, pace).stops(share));
  }

  /**
   * The share, in the goal's quantity, at which the model is kept after a shot; none where it is
   * not.
   *
   * @param target share of the prunable weights that the shot aimed at
   * @param share of the prunable weights at the end, from {@link TargetShare}
   */
  public Optional<Double> savedAt(double target, double share) {
    return new ShotTargets(goal, pace).saved(target, share);
  }

  /**
   * The recipe as option names and plain values, in a fixed order: for recipe files, plans and
   * reports. What does not apply, and the preset, whose options are all there, is null.
   */
  public Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("preset", null);
    options.put("structures", structures.optionName());
    options.put("units", structures instanceof Units units ? units.unitNames() : null);
    options.put("selection", selection.kind().optionName());
    boolean paths = selection.kind() == SelectionKind.PATHS;
    options.put("path-step", paths ? selection.pathStep() : null);
    boolean sparse = structures instanceof SparseStructures;
    options.put(
        "rounds", selection.kind() == SelectionKind.ROUNDS || sparse ? selection.rounds() : null);
    options.put(WidthRule.ROUND_TO, selection.widths().roundTo());
    options.put(WidthRule.PARALLEL, selection.widths().parallel());
    options.put(WidthRule.ONE_WIDTH, selection.widths().oneWidth());
    options.put("sparsity", goal.sparsity());
    options.put("target-of", goal.of().optionName());
    options.put("shots", pace.adaptive() ? RecipeReader.AUTO : (Object) pace.shots());
    options.put("max-shots", pace.adaptive() ? pace.shots() : null);
    options.put("schedule", pace.adaptive() ? null : pace.schedule().optionName());
    options.put(
        "targets",
        pace.schedule() instanceof SparsitySchedule.Listed listed
            ? RecipeOptions.joined(listed.targets())
            : null);
    options.put("save-at", pace.saveAt().isEmpty() ? null : RecipeOptions.joined(pace.saveAt()));
    layers.put(options);
    curvature.put(options);
    options.put("diagonal", diagonal);
    options.put("update", appliedUpdate().optionName());
    boolean useG = OptionRules.usesDampingG(structures, curvature.kind());
    options.put("damp-g", useG ? damping.g() : null);
    boolean useA =
        correction.reconstruct() || OptionRules.usesDampingA(structures, curvature.kind());
    options.put("damp-a", useA ? damping.a() : null);
    options.put("sequences", calibration.sequences());
    options.put("context", calibration.context());
    options.put("seed", calibration.seed());
    options.put("fresh-calibration", calibration.fresh());
    options.put("shards", shards);
    elements.put(structures, appliedUpdate() != UpdateKind.NONE, options);
    correction.put(options);
    return options;
  }

  /**
   * A recipe from option names and values; what is missing has its default.
   *
   * @param options names as in {@link #options}; values as numbers, booleans or text
   * @throws InputException naming an unknown option or a value of the wrong kind
   */
  public static Recipe of(Map<String, ?> options) {
    return new RecipeReader(options).recipe();
  }
}
