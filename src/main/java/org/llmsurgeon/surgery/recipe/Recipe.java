package org.llmsurgeon.surgery.recipe;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.SparsitySchedule;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.LayerLimit;
import org.llmsurgeon.surgery.catalog.LayerPattern;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;
import org.llmsurgeon.surgery.catalog.RecipeSettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.catalog.TargetQuantity;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * Everything that decides what a run does to a model, besides the model and the data. Two runs with
 * equal recipes on the same inputs write the same bytes. Made of the values of {@link
 * RecipeSettings}.
 */
public final class Recipe implements Serializable {
  /** What travels instead: options mean the same to every version that knows them. */
  private record Travelling(LinkedHashMap<String, Object> options) implements Serializable {
    /** The last one that came: every task of a run brings the same, and reading it takes long. */
    private static volatile Recipe last;

    private Object readResolve() {
      Recipe known = last;
      if (known == null || !known.options.equals(options)) {
        known = Recipe.of(options);
        last = known;
      }
      return known;
    }
  }

  private final Map<String, Object> options;
  private final Structures structures;
  private final SelectionRule selection;
  private final Goal goal;
  private final Pace pace;
  private final CurvatureRule curvature;
  private final boolean diagonal;
  private final UpdateKind update;
  private final Damping damping;
  private final CalibrationText calibration;
  private final int shards;
  private final ObjectiveChoice objective;
  private final ElementRule elements;
  private final CorrectionRule correction;
  private final RecoveryRule recovery;
  private final LayerRule layers;

  private Recipe(SettingValues values) {
    RecipeSettings.check(values);
    options = RecipeSettings.shown(values);
    structures = StructureSettings.structures(values);
    selection = SelectionRule.of(values);
    goal = new Goal(values.get(StepSettings.SPARSITY), values.get(StepSettings.TARGET_OF));
    pace = Pace.of(values);
    curvature = CurvatureRule.of(values);
    diagonal = values.get(UpdateSettings.DIAGONAL);
    update = values.get(UpdateSettings.UPDATE);
    damping = new Damping(values.get(UpdateSettings.DAMP_G), values.get(UpdateSettings.DAMP_A));
    calibration = CalibrationText.of(values);
    shards = values.get(CalibrationSettings.SHARDS);
    objective = ObjectiveSettings.objective(values);
    elements = ElementRule.of(values);
    correction = CorrectionRule.of(values);
    recovery = RecoveryRule.of(values);
    layers = LayerRule.of(values);
    if (goal.of() == TargetQuantity.WEIGHTS) {
      structures.zeroPattern().ifPresent(pattern -> pattern.groups(goal.sparsity(), 0));
    }
  }

  /**
   * How it is decided within a shot what goes.
   *
   * @param kind single costs, global rounds or elimination paths
   * @param pathStep share of a group's weights that goes in one local round of a path
   * @param rounds global rounds of a shot, also of single weights and N:M; 1 unless they are asked
   *     for
   * @param widths how wide layers may be left
   * @param trusted whether no layer goes further than its prediction was measured to hold
   */
  public record SelectionRule(
      SelectionKind kind, double pathStep, int rounds, WidthRule widths, boolean trusted) {
    static SelectionRule of(SettingValues values) {
      WidthRule multiples = values.get(StructureSettings.ROUND_TO);
      return new SelectionRule(
          values.get(StructureSettings.SELECTION),
          values.get(StructureSettings.PATH_STEP),
          values.get(StructureSettings.ROUNDS),
          multiples.with(
              values.get(StructureSettings.TENSOR_PARALLEL),
              values.get(StructureSettings.ONE_WIDTH)),
          values.get(LayerSettings.TRUST_REGION));
    }
  }

  /**
   * How much is gone at the end.
   *
   * @param sparsity the share, in (0, 1]
   * @param of what it is a share of
   */
  public record Goal(double sparsity, TargetQuantity of) {}

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
    static Pace of(SettingValues values) {
      OptionalInt shots = values.get(StepSettings.SHOTS);
      List<Double> targets = values.get(StepSettings.TARGETS);
      return new Pace(
          shots.isEmpty(),
          shots.orElseGet(() -> values.get(StepSettings.MAX_SHOTS)),
          targets.isEmpty()
              ? values.get(StepSettings.SCHEDULE)
              : new SparsitySchedule.Listed(targets),
          values.get(StepSettings.SAVE_AT));
    }
  }

  /**
   * Throws where the curvature cannot serve to prune these structures.
   *
   * @throws InputException naming both
   */
  public void requirePrunable() {
    if (structures.coupled() && !curvature.kind().product()) {
      throw new InputException(
          CurvatureSettings.CURVATURE.spelled(curvature.kind().optionName())
              + " has no joint costs, which "
              + StructureSettings.STRUCTURES.spelled("units")
              + " need; choose row,column, element or N:M, or "
              + CurvatureSettings.CURVATURE.spelled("kfac or nearest-kronecker."));
    }
  }

  private Object writeReplace() {
    return new Travelling(new LinkedHashMap<>(options));
  }

  /** The defaults of the command line. */
  public static Recipe defaults() {
    return new Recipe(SettingValues.NONE);
  }

  /**
   * A recipe from option names and values; what is missing has its default.
   *
   * @param options names as in {@link #options}; values as numbers, booleans or text
   * @throws InputException naming an option that there is not, that would do nothing, or whose
   *     value is none of its kind
   */
  public static Recipe of(Map<String, ?> options) {
    return new Recipe(RecipeSettings.given(options));
  }

  /**
   * A recipe of what is given.
   *
   * @throws InputException as of {@link #of(Map)}
   */
  public static Recipe of(SettingValues given) {
    return of(given.options());
  }

  /**
   * The same where less may be gone of some layers.
   *
   * @param limits the most of each, by its name, in [0, 1]
   */
  public Recipe within(Map<String, Double> limits) {
    if (limits.isEmpty()) {
      return this;
    }
    List<LayerLimit> all = new ArrayList<>(layers.limits());
    limits.forEach((layer, share) -> all.add(new LayerLimit(new LayerPattern(layer), share)));
    return with(LayerSettings.LIMIT, all);
  }

  /**
   * The same with another value of an option.
   *
   * @throws InputException if the others do not go with it
   */
  public <T> Recipe with(Setting<T> option, T value) {
    return new Recipe(SettingValues.of(options).with(option, value));
  }

  /**
   * The same where some options have what holds where they are not given.
   *
   * @throws InputException if the others need one of them
   */
  public Recipe without(Setting<?>... others) {
    return new Recipe(SettingValues.of(options).without(List.of(others)));
  }

  /**
   * The recipe as option names and plain values, in a fixed order: for recipe files, plans and
   * reports. What does not apply, and the preset, whose options are all there, is null.
   */
  public Map<String, Object> options() {
    return new LinkedHashMap<>(options);
  }

  /** What may be removed. */
  public Structures structures() {
    return structures;
  }

  /** How it is decided within a shot what goes. */
  public SelectionRule selection() {
    return selection;
  }

  /** How much is gone at the end. */
  public Goal goal() {
    return goal;
  }

  /** In how many shots. */
  public Pace pace() {
    return pace;
  }

  /** How the curvature of the loss is measured. */
  public CurvatureRule curvature() {
    return curvature;
  }

  /** Whether costs look at the diagonal only and nothing makes up for what goes (OBD). */
  public boolean diagonal() {
    return diagonal;
  }

  /** How the weights that stay make up for those that go; none with {@link #diagonal}. */
  public UpdateKind update() {
    return update;
  }

  /** Relative damping of the factors. */
  public Damping damping() {
    return damping;
  }

  /** How text becomes windows. */
  public CalibrationText calibration() {
    return calibration;
  }

  /** Groups of windows that are accumulated as one; 0 for one per eight windows. */
  public int shards() {
    return shards;
  }

  /** What the network is to do. */
  public ObjectiveChoice objective() {
    return objective;
  }

  /** How single weights and N:M groups go. */
  public ElementRule elements() {
    return elements;
  }

  /** What is trained after each shot. */
  public CorrectionRule correction() {
    return correction;
  }

  /** What is trained after the last shot. */
  public RecoveryRule recovery() {
    return recovery;
  }

  /** Which layers may be touched, and how far. */
  public LayerRule layers() {
    return layers;
  }

  /** Shots; where they are adaptive, the most there may be. */
  public int shots() {
    return new ShotTargets(goal, pace).count();
  }

  /** Whether there is nothing to do without calibration data. */
  public boolean needsData() {
    return curvature.kind().needsData() || correction.appliesTo(true) || recovery.isWanted();
  }

  /** What costs are computed from. */
  public CostKind costs() {
    return diagonal ? CostKind.OBD : CostKind.OBS;
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

  @Override
  public boolean equals(Object other) {
    return other instanceof Recipe recipe && options.equals(recipe.options);
  }

  @Override
  public int hashCode() {
    return options.hashCode();
  }

  @Override
  public String toString() {
    return options.toString();
  }
}
