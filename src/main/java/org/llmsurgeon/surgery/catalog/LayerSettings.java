package org.llmsurgeon.surgery.catalog;

import java.util.List;
import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Options that say which layers may be touched, and how far. */
public final class LayerSettings {
  static final SettingList ALL = new SettingList();

  /** Whether one threshold decides over all layers. */
  public static final Setting<ThresholdScope> THRESHOLD =
      ALL.add(
          Setting.of(
                  "threshold",
                  SettingType.choice("KIND", ThresholdScope::parse, ThresholdScope::optionName)
                      .among(ThresholdScope.values()),
                  SettingGroup.SCOPE,
                  "global: one threshold over all layers; layer: every layer reaches the sparsity"
                      + " on its own, with --structures units every attention and every MLP.")
              .effect(
                  "global adds less loss with several shots; in one shot, or with single weights on"
                      + " a small model, layer is safer.")
              .orElse(ThresholdScope.GLOBAL));

  /** Layers that may be pruned. */
  public static final Setting<List<LayerPattern>> INCLUDE =
      ALL.add(
          Setting.of(
                  "include",
                  SettingType.words("PATTERN", LayerPattern::new, LayerPattern::text),
                  SettingGroup.SCOPE,
                  "Layers that may be pruned: parts of module names, as q_proj, mlp, layers.[0-4]"
                      + " or layers.*.up_proj. --sparsity is a share of their weights. Embeddings"
                      + " and the head are never pruned.")
              .effect("The named layers bear all of the sparsity; the others stay bit for bit.")
              .orElse(List.of(), "all"));

  /** Layers that may not. */
  public static final Setting<List<LayerPattern>> EXCLUDE =
      ALL.add(
          Setting.of(
                  "exclude",
                  SettingType.words("PATTERN", LayerPattern::new, LayerPattern::text),
                  SettingGroup.SCOPE,
                  "Layers that stay as they are, as with --include.")
              .effect("The named layers stay bit for bit; the others bear the sparsity.")
              .orElse(List.of(), "none"));

  /** Bounds. */
  public static final Setting<List<LayerLimit>> LIMIT =
      ALL.add(
          Setting.of(
                  "limit",
                  SettingType.words("PATTERN=SHARE", LayerLimit::parse, LayerLimit::text),
                  SettingGroup.SCOPE,
                  "The most that may be gone of each layer that a pattern names, as q_proj=0.3.")
              .effect(
                  "Keeps one threshold from emptying a layer of which the prediction is wrong; a"
                      + " little more predicted loss.")
              .orElse(List.of(), "none")
              .idle(List.of())
              .needs(
                  new Need(
                      values -> values.get(THRESHOLD) == ThresholdScope.GLOBAL,
                      " contradicts --threshold layer, with which every layer reaches the sparsity"
                          + " on its own; leave one of them out.")));

  /** Whether no layer goes further than its prediction was measured to hold. */
  public static final Setting<Boolean> TRUST_REGION =
      ALL.add(
          Setting.of(
                  "trust-region",
                  SettingType.flag(),
                  SettingGroup.SCOPE,
                  "In each shot the layers that lose most (of units the attentions and MLPs) are"
                      + " cut alone, and the loss is measured on calibration data; where it grows"
                      + " by more than twice what is predicted, the layer goes half as far and the"
                      + " shot is cut again, up to three times. The cut of the least calibration"
                      + " loss stays.")
              .effect(
                  "Keeps one large shot from emptying a layer of which the prediction is wrong; a"
                      + " forward pass for each of these layers, and each new cut.")
              .orElse(false)
              .needs(
                  Need.only(
                      "--threshold global",
                      values -> values.get(THRESHOLD) == ThresholdScope.GLOBAL),
                  Need.only(
                      "--curvature kfac, ekfac, nearest-kronecker or kronecker-sum",
                      CurvatureSettings::ofLoss)));

  private LayerSettings() {}

  /** Whether one threshold decides over all layers, and any may go. */
  static boolean all(SettingValues values) {
    return values.get(INCLUDE).isEmpty()
        && values.get(EXCLUDE).isEmpty()
        && values.get(THRESHOLD) == ThresholdScope.GLOBAL;
  }
}
