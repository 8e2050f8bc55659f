package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say what makes up for what goes, and under what damping. */
public final class UpdateSettings {
  static final SettingList ALL = new SettingList();

  /** The end of a refusal of what only one product knows. */
  static final String PRODUCT =
      " needs a curvature that is one product, as --curvature kfac; choose that, or leave it out.";

  /** Costs and no update. */
  public static final Setting<Boolean> DIAGONAL =
      ALL.add(
          Setting.of(
                  "diagonal",
                  SettingType.flag(),
                  SettingGroup.CURVATURE,
                  "Costs from the diagonals only, and nothing makes up for what goes (OBD).")
              .effect(
                  "Far more loss: the baseline K-OBD. Quick, since nothing is inverted for"
                      + " updates.")
              .orElse(false)
              .needs(
                  new Need(
                      values ->
                          CurvatureSettings.product(values) || !values.get(UpdateSettings.DIAGONAL),
                      PRODUCT)));

  /** What makes up for what goes. */
  public static final Setting<UpdateKind> UPDATE =
      ALL.add(
          Setting.of(
                  "update",
                  SettingType.choice("KIND", UpdateKind::parse, UpdateKind::optionName)
                      .among(UpdateKind.values()),
                  SettingGroup.UPDATES,
                  "How the weights that stay make up for those that go: joint (the exact optimum),"
                      + " additive (the authors': row and column updates summed), independent, or"
                      + " none.")
              .effect(
                  "joint adds the least loss; additive is the authors'; independent more; none far"
                      + " more.")
              .follows(values -> values.get(DIAGONAL) ? UpdateKind.NONE : UpdateKind.JOINT, "joint")
              .idle(UpdateKind.NONE)
              .needs(
                  new Need(
                      values ->
                          !values.get(DIAGONAL)
                              || values.get(UpdateSettings.UPDATE) == UpdateKind.NONE,
                      " contradicts --diagonal, with which nothing makes up for what goes; leave"
                          + " one of them out."),
                  new Need(
                      values ->
                          !StructureSettings.structures(values).sparse() || isJointOrNone(values),
                      " other than joint and none goes with rows, columns and units only; give one"
                          + " of these, or --element-update grouped for the authors' update of"
                          + " single weights."),
                  new Need(
                      values -> CurvatureSettings.product(values) || isJointOrNone(values),
                      " other than joint and none" + PRODUCT)));

  /** Damping of G. */
  public static final Setting<Double> DAMP_G =
      ALL.add(
          Setting.of(
                  "damp-g",
                  damping(),
                  SettingGroup.CURVATURE,
                  "Damping of G, as a share of its mean diagonal; for units at least outputs /"
                      + " tokens.")
              .effect("Higher: more cautious updates, for where there are few tokens.")
              .follows(
                  values -> StructureSettings.structures(values).sparse() ? 0.1 : 0.01,
                  "0.01; 0.1 with --structures element or N:M")
              .needs(
                  // Of a product, columns alone look at the inverse of A only.
                  Need.only(
                      "rows, units, single weights and N:M",
                      values ->
                          !CurvatureSettings.product(values)
                              || StructureSettings.structures(values).rows())));

  /** Damping of A. */
  public static final Setting<Double> DAMP_A =
      ALL.add(
          Setting.of(
                  "damp-a",
                  damping(),
                  SettingGroup.CURVATURE,
                  "Damping of A, as a share of its mean diagonal.")
              .effect("As --damp-g, for inputs.")
              .orElse(0.01)
              .needs(
                  // Of a product, rows alone look at the inverse of G only.
                  Need.only(
                      "columns, units, single weights, N:M and --reconstruct",
                      values ->
                          values.get(CorrectionSettings.RECONSTRUCT)
                              || !CurvatureSettings.product(values)
                              || StructureSettings.structures(values).columns())));

  private UpdateSettings() {}

  private static SettingType<Double> damping() {
    return SettingType.number("X")
        .that(
            value -> value >= 0 && value < Double.POSITIVE_INFINITY,
            "a number of at least 0, as 0.01");
  }

  private static boolean isJointOrNone(SettingValues values) {
    UpdateKind update = values.get(UPDATE);
    return update == UpdateKind.JOINT || update == UpdateKind.NONE;
  }
}
