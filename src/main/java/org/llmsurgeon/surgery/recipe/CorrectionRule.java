package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.catalog.CorrectionSettings;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * The first-order correction after each shot (method, section 7): low-rank adapters on all layers
 * that may be pruned, trained for a little while and merged under the mask of what is gone.
 *
 * @param kind what becomes smaller
 * @param rank columns of {@code B} and rows of {@code A} in {@code W + B A}
 * @param amount how long
 * @param rate learning rate of the first step; falls linearly
 * @param batch windows of one step
 * @param reconstruct whether the last shot's layers are first refitted to the dense model's
 *     outputs, see {@code Reconstruction}
 */
public record CorrectionRule(
    CorrectionKind kind, int rank, Amount amount, double rate, int batch, boolean reconstruct) {
  /**
   * How long adapters are trained.
   *
   * @param epochs times that the share of the data is read after a shot that is not the last
   * @param share of the calibration windows that is drawn for such a shot
   * @param finalEpochs times that all windows are read after the last shot
   */
  public record Amount(int epochs, double share, int finalEpochs) {}

  /** Whether adapters are trained. */
  public boolean isWanted() {
    return kind != CorrectionKind.NONE;
  }

  /**
   * Whether anything is done to a shot's weights after the cut.
   *
   * @param last whether it is the last shot
   */
  public boolean appliesTo(boolean last) {
    return isWanted() || last && reconstruct;
  }

  /** The rule that options give. */
  static CorrectionRule of(SettingValues values) {
    return new CorrectionRule(
        values.get(CorrectionSettings.CORRECT),
        values.get(CorrectionSettings.RANK),
        new Amount(
            values.get(CorrectionSettings.EPOCHS),
            values.get(CorrectionSettings.SHARE),
            values.get(CorrectionSettings.FINAL_EPOCHS)),
        values.get(CorrectionSettings.RATE),
        values.get(CorrectionSettings.BATCH),
        values.get(CorrectionSettings.RECONSTRUCT));
  }
}
