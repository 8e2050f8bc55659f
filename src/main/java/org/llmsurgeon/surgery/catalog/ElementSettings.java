package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;

/** Options that say how single weights and N:M groups go. */
public final class ElementSettings {
  static final SettingList ALL = new SettingList();

  private static final Need SPARSE =
      Need.only(
          "--structures element or N:M", values -> StructureSettings.structures(values).sparse());
  private static final Need PATTERNS =
      Need.only(
          "--structures N:M",
          values -> StructureSettings.structures(values).zeroPattern().isPresent());
  private static final Need COMPENSATED =
      new Need(
          values -> values.get(UpdateSettings.UPDATE) != UpdateKind.NONE,
          " says how the rest makes up for what goes, which --update none and --diagonal leave out;"
              + " leave one of them out.");
  private static final Need GROUPED =
      Need.only(
          "--element-update grouped",
          values -> values.get(ElementSettings.UPDATE) == Compensation.GROUPED);

  /** What makes up for what goes. */
  public static final Setting<Compensation> UPDATE =
      ALL.add(
          Setting.of(
                  "element-update",
                  SettingType.choice("KIND", Compensation::parse, Compensation::optionName)
                      .among(Compensation.values()),
                  SettingGroup.UPDATES,
                  "How the rest makes up for single weights and N:M groups: full (all of a layer"
                      + " jointly, by conjugate gradients) or grouped (the authors').")
              .effect(
                  "full is the optimum of the quadratic model; grouped the authors', with more"
                      + " loss.")
              .orElse(Compensation.FULL)
              .needs(
                  SPARSE,
                  COMPENSATED,
                  new Need(
                      values ->
                          CurvatureSettings.product(values)
                              || values.get(ElementSettings.UPDATE) == Compensation.FULL,
                      " grouped" + UpdateSettings.PRODUCT)));

  /** Size of a group. */
  public static final Setting<Integer> MOST_CORRELATED =
      ALL.add(
          Setting.of(
                  "max-correlate",
                  SettingType.integer(1),
                  SettingGroup.UPDATES,
                  "Removed weights of a group at most, with --element-update grouped.")
              .effect(
                  "Larger groups come nearer to the joint update, and take more memory and time.")
              .orElse(2000)
              .needs(SPARSE, GROUPED, COMPENSATED));

  /** Whether groups see one another's updates. */
  public static final Setting<Boolean> ADD_UPDATE =
      ALL.add(
          Setting.of(
                  "add-update",
                  SettingType.flag(),
                  SettingGroup.UPDATES,
                  "A group sees the updates of the groups before it, with --element-update"
                      + " grouped.")
              .effect(
                  "On, groups do not undo one another's updates; off only for comparison with the"
                      + " authors' program.")
              .orElse(true)
              .idle(null)
              .needs(SPARSE, GROUPED, COMPENSATED));

  /** Whether biases stay. */
  public static final Setting<Boolean> KEEP_BIAS =
      ALL.add(
          Setting.of(
                  "keep-bias",
                  SettingType.flag(),
                  SettingGroup.SCOPE,
                  "Biases are never removed, with --structures element.")
              .effect("Biases stay; for the same sparsity a few more weights go.")
              .orElse(false)
              .needs(
                  Need.only(
                      "--structures element",
                      values ->
                          StructureSettings.structures(values).sparse()
                              && StructureSettings.structures(values).groupSize() == 1)));

  /** Whether a group costs the sum over its weights. */
  public static final Setting<Boolean> INDEPENDENT =
      ALL.add(
          Setting.of(
                  "independent",
                  SettingType.flag(),
                  SettingGroup.UPDATES,
                  "An N:M group costs the sum over its weights, as in the paper, not their joint"
                      + " cost.")
              .effect("The paper's cost; the joint one chooses groups with a little less loss.")
              .orElse(false)
              .needs(PATTERNS));

  /** Whether layers that do not fit stay dense. */
  public static final Setting<Boolean> SKIP_UNFIT =
      ALL.add(
          Setting.of(
                  "skip-unfit",
                  SettingType.flag(),
                  SettingGroup.UPDATES,
                  "Layers whose width the groups of N:M do not divide stay dense; else they are"
                      + " refused.")
              .effect("Layers that do not fit stay dense, so less goes than asked for.")
              .orElse(false)
              .needs(PATTERNS));

  private ElementSettings() {}
}
