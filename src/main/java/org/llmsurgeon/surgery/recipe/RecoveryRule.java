package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * The training of all weights that are left, after the last shot.
 *
 * @param kind what becomes smaller
 * @param tokens to train on
 * @param rate highest learning rate, as a share of the size of a layer's weights
 * @param batch windows of one step
 */
public record RecoveryRule(CorrectionKind kind, long tokens, double rate, int batch) {
  /** Whether anything is trained. */
  public boolean isWanted() {
    return kind != CorrectionKind.NONE;
  }

  /** The rule that options give. */
  static RecoveryRule of(SettingValues values) {
    return new RecoveryRule(
        values.get(RecoverySettings.RECOVER),
        values.get(RecoverySettings.TOKENS),
        values.get(RecoverySettings.RATE),
        values.get(RecoverySettings.BATCH));
  }
}
