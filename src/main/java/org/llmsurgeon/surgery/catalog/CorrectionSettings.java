package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.surgery.setting.Need;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingGroup;
import org.llmsurgeon.surgery.setting.SettingList;
import org.llmsurgeon.surgery.setting.SettingType;

/** Options that say what is done after a cut. */
public final class CorrectionSettings {
  static final SettingList ALL = new SettingList();

  private static final Need WANTED =
      Need.only(
          "--correct", values -> values.get(CorrectionSettings.CORRECT) != CorrectionKind.NONE);

  /** What becomes smaller. */
  public static final Setting<CorrectionKind> CORRECT =
      ALL.add(
          Setting.of(
                  "correct",
                  SettingType.choice("LOSS", CorrectionKind::parse, CorrectionKind::optionName)
                      .among(CorrectionKind.values()),
                  SettingGroup.UPDATES,
                  "First-order correction after each shot by low-rank adapters, merged under the"
                      + " mask of what is gone: cross-entropy (of the calibration data), distill"
                      + " (divergence from the dense model), or none.")
              .effect(
                  "Less loss for the same sparsity, most of all above 30 %; takes the time of so"
                      + " many passes forward and backward.")
              .orElse(CorrectionKind.NONE));

  /** Rank of the adapters. */
  public static final Setting<Integer> RANK =
      ALL.add(
          Setting.of(
                  "rank",
                  SettingType.integer(1),
                  SettingGroup.UPDATES,
                  "Rank of the adapters, with --correct.")
              .effect("Higher: adapters can repair more, and overfit sooner on little text.")
              .orElse(8)
              .needs(WANTED));

  /** Times that the share is read. */
  public static final Setting<Integer> EPOCHS =
      ALL.add(
          Setting.of(
                  "correct-epochs",
                  SettingType.integer(0),
                  SettingGroup.UPDATES,
                  "Times that --correct-share of the windows is read after each shot but the last.")
              .effect("More training between shots: less loss, more time.")
              .orElse(1)
              .needs(WANTED));

  /** Share of the data between shots. */
  public static final Setting<Double> SHARE =
      ALL.add(
          Setting.of(
                  "correct-share",
                  SettingType.share("a share above 0 and up to 1, as 0.025"),
                  SettingGroup.UPDATES,
                  "Share of the calibration windows that is drawn for a correction between shots.")
              .effect("More of the text between shots: less loss, more time.")
              .orElse(0.025)
              .needs(WANTED));

  /** Times that all data are read at the end. */
  public static final Setting<Integer> FINAL_EPOCHS =
      ALL.add(
          Setting.of(
                  "final-epochs",
                  SettingType.integer(0),
                  SettingGroup.UPDATES,
                  "Times that all calibration windows are read after the last shot, with"
                      + " --correct.")
              .effect(
                  "More training at the end: less loss until it overfits the calibration text;"
                      + " measure with --test.")
              .orElse(5)
              .needs(WANTED));

  /** Learning rate. */
  public static final Setting<Double> RATE =
      ALL.add(
          Setting.of(
                  "correct-rate",
                  SettingType.number("X")
                      .that(
                          value -> value > 0 && value < Double.POSITIVE_INFINITY,
                          "a number above 0, as 0.005"),
                  SettingGroup.UPDATES,
                  "Learning rate of the adapters, as a share of the size of a layer's weights;"
                      + " falls linearly to 0. With --correct.")
              .effect(
                  "Higher: more is repaired in the same epochs, and at some point training is"
                      + " unstable.")
              .orElse(0.005)
              .needs(WANTED));

  /** Windows of a step. */
  public static final Setting<Integer> BATCH =
      ALL.add(
          Setting.of(
                  "correct-batch",
                  SettingType.integer(1),
                  SettingGroup.UPDATES,
                  "Windows of one step, with --correct.")
              .effect("Larger: fewer, smoother steps.")
              .orElse(4)
              .needs(WANTED));

  /** Whether layers are refitted. */
  public static final Setting<Boolean> RECONSTRUCT =
      ALL.add(
          Setting.of(
                  "reconstruct",
                  SettingType.flag(),
                  SettingGroup.UPDATES,
                  "After the last shot the kept weights of each layer are refitted to the dense"
                      + " layer's outputs by least squares, block by block, as far as windows of"
                      + " the calibration data say that are held out from it; a block's refits are"
                      + " kept only if their loss falls.")
              .effect(
                  "Less loss, most of all for single weights and N:M; adds a pass for each block.")
              .orElse(false));

  private CorrectionSettings() {}
}
