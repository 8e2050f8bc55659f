package org.llmsurgeon.surgery.catalog;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say what may go, and how a shot chooses among it. */
public final class StructureSettings {
  static final SettingList ALL = new SettingList();

  private static final Need COUPLED =
      Need.only("--structures units", values -> structures(values).coupled());
  private static final Need BY_PATHS =
      Need.only(
          "--structures units --selection paths",
          values -> values.get(StructureSettings.SELECTION) == SelectionKind.PATHS);

  private static final Need WHOLE =
      new Need(
          values -> Units.loadable(values.get(StructureSettings.UNITS).kinds()),
          " goes with units that are neurons, heads and groups; give --preset loadable, or --units"
              + " neuron,head,group.");

  private static final String CONTRADICTS_TRUST =
      " and --trust-region contradict each other, since widths that all layers share cannot be"
          + " held back in some; leave one of them out.";

  /** Defaults for a purpose. */
  public static final Setting<Preset> PRESET =
      ALL.add(
          Setting.of(
                  "preset",
                  // What it sets is shown, option by option.
                  SettingType.choice("NAME", Preset::parse, (Preset preset) -> null)
                      // By name: the presets are made of the options that follow.
                      .schema(Map.of("enum", List.of("paper", "best", "loadable", "hardware"))),
                  SettingGroup.BASIC,
                  "Defaults for a purpose; options win over it: paper (rows and columns of each"
                      + " matrix, additive update, 40 shots), best (all units), loadable (neurons,"
                      + " heads and groups), hardware (loadable, with neurons left in multiples of"
                      + " 64).")
              .effect(
                  "Sets structures, units, selection, update, shots and widths at once; an option"
                      + " given beside it wins.")
              .orElse((Preset) null, "none"));

  /** What may be removed. */
  public static final Setting<Structures> STRUCTURES =
      ALL.add(
          Setting.<Structures>of(
                  "structures",
                  SettingType.choice("KIND", Structures::parse, Structures::optionName),
                  SettingGroup.BASIC,
                  "What may be removed: units for what goes together across matrices, or as in the"
                      + " paper row, column, or row,column for both in one ordering; element for"
                      + " single weights; N:M, as 2:4, for groups of M inputs of which N stay.")
              .effect(
                  "Units, rows and columns make the model smaller and faster; element and N:M leave"
                      + " its size and set zeros, at less loss for the same share.")
              .orElse(Units.LOADABLE));

  /** Which units may go. */
  public static final Setting<Units> UNITS =
      ALL.add(
          Setting.of(
                  "units",
                  SettingType.choice("KINDS", Units::of, Units::unitNames),
                  SettingGroup.SCOPE,
                  "Which units may go, with --structures units; kinds joined by commas.")
              .effect(
                  "More kinds cost less loss at the same sparsity; neurons, heads and groups alone"
                      + " load in most programs.")
              .follows(
                  values -> values.has(STRUCTURES) ? Units.DEFAULT : Units.LOADABLE,
                  Units.LOADABLE.unitNames()
                      + "; where --structures units is given "
                      + Units.DEFAULT.unitNames())
              .needs(
                  COUPLED,
                  withExperts(
                      values -> values.get(LayerSettings.THRESHOLD) == ThresholdScope.GLOBAL,
                      " with expert goes with one threshold over all layers, since an expert that"
                          + " goes loses all of itself; leave --threshold layer out."),
                  withExperts(
                      values -> !values.get(StructureSettings.ONE_WIDTH),
                      " with expert and --one-width contradict each other, since an expert that"
                          + " is gone has no width; leave one of them out."),
                  withExperts(
                      values -> values.get(StepSettings.TARGET_OF) != TargetQuantity.MULTIPLY_ADDS,
                      " with expert saves no multiply-adds of a token, which goes through as many"
                          + " experts as before; give --target-of parameters.")));

  /** How a shot chooses: units imply paths, all else the paper's single costs. */
  public static final Setting<SelectionKind> SELECTION =
      ALL.add(
          Setting.of(
                  "selection",
                  SettingType.choice("KIND", SelectionKind::parse, SelectionKind::optionName)
                      .among(SelectionKind.values()),
                  SettingGroup.STEPS,
                  "How a shot chooses: single (each structure as if it went alone), rounds (all"
                      + " matrices together, several times), or paths (each group of matrices"
                      + " orders its own units).")
              .effect("paths adds the least loss; rounds comes close; single is the paper's.")
              .follows(
                  values ->
                      structures(values).coupled() ? SelectionKind.PATHS : SelectionKind.SINGLE,
                  "paths for units, single for rows and columns")
              .needs(
                  new Need(
                      values ->
                          structures(values).coupled()
                              || values.get(StructureSettings.SELECTION) == SelectionKind.SINGLE,
                      " other than single goes with --structures units only.")));

  /** Size of a local round. */
  public static final Setting<Double> PATH_STEP =
      ALL.add(
          Setting.of(
                  "path-step",
                  SettingType.share("a share, as 0.02"),
                  SettingGroup.STEPS,
                  "Share of a group's weights that goes in one local round of a path.")
              .effect(
                  "Smaller: costs follow what has gone before more closely, and scoring takes"
                      + " longer.")
              .orElse(0.02)
              .needs(
                  Need.only(
                      "--selection paths",
                      values -> values.get(SELECTION) == SelectionKind.PATHS)));

  /** Rounds of a shot. */
  public static final Setting<Integer> ROUNDS =
      ALL.add(
          Setting.of(
                  "rounds",
                  SettingType.integer(1),
                  SettingGroup.STEPS,
                  "Rounds of a shot on the same factors, with --selection rounds, or --structures"
                      + " element or N:M.")
              .effect(
                  "More: costs follow what has gone before, so a little less loss; scoring takes"
                      + " that many times as long.")
              .follows(
                  values -> values.get(SELECTION) == SelectionKind.ROUNDS ? 4 : 1,
                  "4 with --selection rounds, else 1")
              .needs(
                  Need.only(
                      "--selection rounds, or --structures element or N:M,",
                      values ->
                          structures(values).sparse()
                              || values.get(SELECTION) == SelectionKind.ROUNDS),
                  new Need(
                      values ->
                          values.get(CurvatureSettings.CURVATURE) != CurvatureKind.EKFAC
                              || values.get(StructureSettings.ROUNDS) == 1,
                      " goes with ekfac only as 1: its eigenvectors are those of the layer as it"
                          + " was; leave it out, or give more --shots.")));

  /** Multiples of what is left. */
  public static final Setting<WidthRule> ROUND_TO =
      ALL.add(
          Setting.of(
                  "round-to",
                  WidthMultiples.TYPE,
                  SettingGroup.SCOPE,
                  "The neurons left in an MLP are a multiple of this wherever some went; 1 for any"
                      + " number. Or a number for each kind, as neuron=64,head=2,group=1. The"
                      + " report says what that costs.")
              .effect(
                  "Faster products on matrix hardware, for a little more loss; the report says how"
                      + " much.")
              .orElse(WidthRule.NONE)
              .idle(WidthRule.NONE)
              .needs(BY_PATHS));

  /** Into how many equal parts layers split. */
  public static final Setting<Integer> TENSOR_PARALLEL =
      ALL.add(
          Setting.of(
                  "tensor-parallel",
                  SettingType.integer(1, "the number of machines, as 2, 4 or 8"),
                  SettingGroup.SCOPE,
                  "Neurons, heads and key/value heads left of every layer are multiples of this, as"
                      + " 2, 4 or 8, so that so many machines can share it evenly.")
              .effect("The folder can be served by so many machines; a little more loss.")
              .orElse(1)
              .idle(1)
              .needs(
                  new Need(
                      values ->
                          !values.get(LayerSettings.TRUST_REGION)
                              || values.get(StructureSettings.TENSOR_PARALLEL) == 1,
                      CONTRADICTS_TRUST),
                  BY_PATHS,
                  WHOLE));

  /** One width for all layers. */
  public static final Setting<Boolean> ONE_WIDTH =
      ALL.add(
          Setting.of(
                  "one-width",
                  SettingType.flag(),
                  SettingGroup.SCOPE,
                  "All MLPs keep the same number of neurons, all attentions the same numbers of"
                      + " heads and key/value heads: what a plain config.json can say.")
              .effect(
                  "Loads in any program without code of its own; more loss (a quarter more excess"
                      + " loss on SmolLM2 at 20 %).")
              .orElse(false)
              .needs(
                  new Need(
                      values ->
                          !values.get(LayerSettings.TRUST_REGION)
                              || !values.get(StructureSettings.ONE_WIDTH),
                      CONTRADICTS_TRUST),
                  BY_PATHS,
                  WHOLE,
                  new Need(
                      values ->
                          LayerSettings.all(values) || !values.get(StructureSettings.ONE_WIDTH),
                      " goes with one threshold over all layers; leave --threshold layer, --include"
                          + " and --exclude out.")));

  /** The options that say what goes how. */
  public static final List<Setting<?>> CHOICE = List.of(STRUCTURES, UNITS, SELECTION, ROUND_TO);

  private StructureSettings() {}

  /** The option that sets a constraint on widths. */
  public static Setting<?> of(WidthRule.Constraint constraint) {
    return switch (constraint) {
      case MULTIPLES -> ROUND_TO;
      case EQUAL_PARTS -> TENSOR_PARALLEL;
      case ONE_WIDTH -> ONE_WIDTH;
    };
  }

  /** What must hold where whole experts may go. */
  private static Need withExperts(Predicate<SettingValues> met, String refusal) {
    return new Need(
        values ->
            !values.get(StructureSettings.UNITS).kinds().contains(UnitKind.EXPERT)
                || met.test(values),
        refusal);
  }

  /** What may go. */
  public static Structures structures(SettingValues values) {
    Structures structures = values.get(STRUCTURES);
    return structures.coupled() ? values.get(UNITS) : structures;
  }
}
