package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say how the curvature of the loss is measured. */
public final class CurvatureSettings {
  static final SettingList ALL = new SettingList();

  /** Which approximation. */
  public static final Setting<CurvatureKind> CURVATURE =
      ALL.add(
          Setting.of(
                  "curvature",
                  SettingType.choice("KIND", CurvatureKind::parse, CurvatureKind::optionName)
                      .among(CurvatureKind.values()),
                  SettingGroup.CURVATURE,
                  "Curvature of the loss: kfac (activations and gradients), nearest-kronecker (the"
                      + " product nearest to the Fisher, by power iteration), kronecker-sum"
                      + " (several products), ekfac (kfac with eigenvalues corrected in a second"
                      + " pass), activations, or identity.")
              .effect(
                  "kfac for most; ekfac gives hardly less loss for a second pass; nearest-kronecker"
                      + " and kronecker-sum took more passes and lost far more on a small model;"
                      + " activations and identity need less and lose more.")
              .orElse(CurvatureKind.KFAC));

  /** Whose losses. */
  public static final Setting<FisherKind> FISHER =
      ALL.add(
          Setting.of(
                  "fisher",
                  SettingType.choice("KIND", FisherKind::parse, FisherKind::optionName)
                      .among(FisherKind.values()),
                  SettingGroup.CURVATURE,
                  "Whose losses the gradients are of: empirical (the text's own next tokens),"
                      + " sampled (tokens drawn from the model as it is), or kl (tokens drawn from"
                      + " the dense model).")
              .effect(
                  "sampled and kl measure the model's own predictions, not how the text surprises"
                      + " it: less loss for SmolLM2-135M, more for small networks; a backward pass"
                      + " for each draw.")
              .orElse(FisherKind.EMPIRICAL)
              .idle(FisherKind.EMPIRICAL)
              .needs(
                  Need.only(
                      "a curvature of the loss, as --curvature kfac,", CurvatureSettings::ofLoss)));

  /** Draws for each position. */
  public static final Setting<Integer> FISHER_SAMPLES =
      ALL.add(
          Setting.of(
                  "fisher-samples",
                  SettingType.integer(1),
                  SettingGroup.CURVATURE,
                  "Tokens drawn for each position, with a backward pass for each; G is the mean"
                      + " over them.")
              .effect(
                  "More: gradients with less noise where there is little text; a backward pass"
                      + " each.")
              .orElse(1)
              .idle(1)
              .needs(
                  Need.only(
                      "--fisher sampled or kl",
                      values -> values.get(FISHER) != FisherKind.EMPIRICAL)));

  /** Steps of the power iteration. */
  public static final Setting<Integer> PASSES =
      ALL.add(
          Setting.of(
                  "curvature-passes",
                  SettingType.integer(1),
                  SettingGroup.CURVATURE,
                  "Steps of the power iteration in each shot, with nearest-kronecker, and for each"
                      + " product of kronecker-sum: two passes over the data each; it goes on from"
                      + " the last shot's factors.")
              .effect("More: a better product, at two passes over the data each.")
              .orElse(2)
              .needs(
                  Need.only(
                      "--curvature nearest-kronecker or kronecker-sum",
                      values -> values.get(CURVATURE).powerIteration())));

  /** Products of a sum. */
  public static final Setting<Integer> RANK =
      ALL.add(
          Setting.of(
                  "curvature-rank",
                  SettingType.integer(2, "at least 2, or --curvature nearest-kronecker"),
                  SettingGroup.CURVATURE,
                  "Products of kronecker-sum. Costs are those of the first two, updates those of"
                      + " all.")
              .effect("More: a closer curvature for updates, at more passes and memory.")
              .orElse(2)
              .needs(
                  Need.only(
                      "--curvature kronecker-sum",
                      values -> values.get(CURVATURE) == CurvatureKind.KRONECKER_SUM)));

  private CurvatureSettings() {}

  /** Whether gradients are measured. */
  static boolean ofLoss(SettingValues values) {
    return values.get(CURVATURE).ofLoss();
  }

  /** Whether it is one product {@code G (x) A}. */
  static boolean product(SettingValues values) {
    return values.get(CURVATURE).product();
  }
}
