package org.llmsurgeon.surgery.recipe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * Makes a recipe of option names and values: those given, then those of a preset, then defaults.
 */
final class RecipeReader {
  /** The number of shots that follows from what is measured. */
  static final String AUTO = "auto";

  private final RecipeOptions read;

  /**
   * @param options names as in {@link Recipe#options}
   * @throws InputException naming an unknown option or preset
   */
  RecipeReader(Map<String, ?> options) {
    Map<String, Object> all = preset(options);
    options.forEach(
        (name, value) -> {
          if (value != null || !all.containsKey(name)) {
            all.put(name, value);
          }
        });
    read = new RecipeOptions(Recipe.defaults().options(), all);
  }

  /** What a preset sets. Its choice among units says nothing about other structures. */
  private static Map<String, Object> preset(Map<String, ?> options) {
    Map<String, Object> set = new LinkedHashMap<>();
    if (options.get("preset") != null) {
      set.putAll(Preset.parse(String.valueOf(options.get("preset"))).options());
    }
    Object given = options.get("structures");
    String structures = given == null ? null : RecipeOptions.text(given);
    if (structures != null && !structures.equals(set.get("structures"))) {
      set.keySet().removeAll(List.of("structures", "units", "selection", "round-to"));
      if (Structures.parse(structures) instanceof SparseStructures) {
        set.remove("update");
      }
    }
    if (options.get("targets") != null) {
      set.remove("shots");
    }
    return set;
  }

  Recipe recipe() {
    Structures structures = structures();
    new OptionRules(read, structures, kind(structures)).check();
    return new Recipe(
        structures,
        selection(structures),
        goal(),
        pace(),
        CurvatureRule.of(read),
        read.flag("diagonal"),
        read.flag("diagonal") ? UpdateKind.NONE : UpdateKind.parse(read.text("update")),
        new Damping(dampingG(structures), read.number("damp-a")),
        new Recipe.CalibrationText(
            read.integer("sequences"),
            read.optionalInteger("context"),
            read.longInteger("seed"),
            read.flag("fresh-calibration")),
        read.integer("shards"),
        elements(structures),
        CorrectionRule.of(read),
        LayerRule.of(read));
  }

  private double dampingG(Structures structures) {
    boolean sparse = structures instanceof SparseStructures;
    return sparse && !read.given("damp-g") ? ElementRule.DAMPING_G : read.number("damp-g");
  }

  private ElementRule elements(Structures structures) {
    return structures instanceof SparseStructures ? ElementRule.of(read) : ElementRule.DEFAULT;
  }

  private Structures structures() {
    Structures structures = Structures.parse(read.text("structures"));
    if (!(structures instanceof Units)) {
      return structures;
    }
    if (read.given("units")) {
      return Units.of(read.text("units"));
    }
    return read.given("structures") ? structures : Recipe.defaults().structures();
  }

  private Recipe.SelectionRule selection(Structures structures) {
    SelectionKind kind = kind(structures);
    int rounds = kind == SelectionKind.ROUNDS ? Recipe.SelectionRule.DEFAULT_ROUNDS : 1;
    if (read.given("rounds")) {
      rounds = read.integer("rounds");
    }
    return new Recipe.SelectionRule(
        kind,
        read.number("path-step"),
        rounds,
        WidthRule.of(
            read.text(WidthRule.ROUND_TO),
            read.integer(WidthRule.PARALLEL),
            read.flag(WidthRule.ONE_WIDTH)));
  }

  /**
   * Units imply paths, rows and columns the paper's single costs, unless something is asked for.
   */
  private SelectionKind kind(Structures structures) {
    if (read.given("selection")) {
      return SelectionKind.parse(read.text("selection"));
    }
    return structures instanceof Units ? SelectionKind.PATHS : SelectionKind.SINGLE;
  }

  private Recipe.Goal goal() {
    TargetQuantity of = TargetQuantity.parse(read.text("target-of"));
    if (!read.given("targets")) {
      return new Recipe.Goal(read.number("sparsity"), of);
    }
    double last = targets().last();
    if (read.given("sparsity") && read.number("sparsity") != last) {
      throw new InputException(
          "--sparsity is "
              + read.text("sparsity")
              + " and the last of --targets is "
              + last
              + "; give --targets alone.");
    }
    return new Recipe.Goal(last, of);
  }

  private SparsitySchedule.Listed targets() {
    return new SparsitySchedule.Listed(read.numbers("targets"));
  }

  private Recipe.Pace listed() {
    SparsitySchedule.Listed targets = targets();
    int shots = targets.targets().size();
    if (read.given("shots") && !read.text("shots").equals(String.valueOf(shots))) {
      throw new InputException(
          "--targets lists "
              + shots
              + " shots and --shots is "
              + read.text("shots")
              + "; give --targets alone.");
    }
    for (String other : List.of("schedule", "max-shots")) {
      if (read.given(other)) {
        throw new InputException("--" + other + " and --targets contradict each other; give one.");
      }
    }
    return new Recipe.Pace(false, shots, targets, saveAt());
  }

  private Recipe.Pace pace() {
    if (read.given("targets")) {
      return listed();
    }
    if (read.text("shots").equals(AUTO)) {
      if (read.given("schedule")) {
        throw new InputException("--schedule goes with a fixed number of --shots only.");
      }
      int most = read.given("max-shots") ? read.integer("max-shots") : Recipe.Pace.MOST;
      return new Recipe.Pace(true, most, Recipe.Pace.LINEAR, saveAt());
    }
    if (read.given("max-shots")) {
      throw new InputException("--max-shots goes with --shots auto only.");
    }
    SparsitySchedule schedule = SparsitySchedule.parse(read.text("schedule"));
    return new Recipe.Pace(false, read.integer("shots"), schedule, saveAt());
  }

  private List<Double> saveAt() {
    return read.given("save-at") ? read.numbers("save-at") : List.of();
  }
}
