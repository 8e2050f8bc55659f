package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;

/** Options of the training of all weights that are left, after the last cut. */
public final class RecoverySettings {
  static final SettingList ALL = new SettingList();

  private static final Need WANTED =
      Need.only("--recover", values -> values.get(RecoverySettings.RECOVER) != CorrectionKind.NONE);

  /** What becomes smaller. */
  public static final Setting<CorrectionKind> RECOVER =
      ALL.add(
          Setting.of(
                  "recover",
                  SettingType.choice("LOSS", CorrectionKind::parse, CorrectionKind::optionName),
                  SettingGroup.UPDATES,
                  "After the last shot all weights that are left are trained on new windows of the"
                      + " calibration text: distill (divergence from the dense model, which runs"
                      + " beside), cross-entropy (of the next tokens), or none. What is gone stays"
                      + " gone; windows of a part of the text that is not trained on say when to"
                      + " stop.")
              .effect(
                  "Less loss for the same sparsity, the more of it the more has gone;"
                      + " takes a forward pass of the dense model and a forward and backward"
                      + " pass of the pruned one for every token.")
              .orElse(CorrectionKind.NONE));

  /** Tokens to train on. */
  public static final Setting<Long> TOKENS =
      ALL.add(
          Setting.of(
                  "recover-tokens",
                  SettingType.longInteger().that(value -> value >= 1, "at least 1"),
                  SettingGroup.UPDATES,
                  "Tokens that a recovery trains on, in windows of --context; where calibration is"
                      + " given as windows, these are read as often as that needs. With --recover.")
              .effect(
                  "More: less loss, more time in proportion; a part that is held out"
                      + " says when it no longer falls.")
              .orElse(1_000_000L)
              .needs(WANTED));

  /** Learning rate. */
  public static final Setting<Double> RATE =
      ALL.add(
          Setting.of(
                  "recover-rate",
                  SettingType.number("X")
                      .that(
                          value -> value > 0 && value < Double.POSITIVE_INFINITY,
                          "a number above 0, as 0.01"),
                  SettingGroup.UPDATES,
                  "Highest learning rate of a recovery, as a share of the size of a layer's"
                      + " weights; grows over the first twentieth of the steps and falls as a"
                      + " cosine to 0. With --recover.")
              .effect(
                  "Higher: more is repaired in the same tokens, and at some point"
                      + " training is unstable.")
              .orElse(0.01)
              .needs(WANTED));

  /** Windows of a step. */
  public static final Setting<Integer> BATCH =
      ALL.add(
          Setting.of(
                  "recover-batch",
                  SettingType.integer(1),
                  SettingGroup.UPDATES,
                  "Windows of one step of a recovery, with --recover.")
              .effect("Larger: fewer, smoother steps.")
              .orElse(8)
              .needs(WANTED));

  private RecoverySettings() {}
}
