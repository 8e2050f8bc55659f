package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Fisher;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * How the curvature of the loss is measured.
 *
 * @param kind which approximation of the Fisher
 * @param fisher which Fisher; {@link Fisher#EMPIRICAL} for a kind without gradients
 * @param passes steps of the power iteration in a shot, each two passes over the data; of no use to
 *     a kind without one
 * @param rank products in a sum; 1 for the other kinds
 */
public record CurvatureRule(CurvatureKind kind, Fisher fisher, int passes, int rank) {
  /** KFAC of the empirical Fisher. */
  public static final CurvatureRule DEFAULT = new CurvatureRule(CurvatureKind.KFAC);

  /**
   * Of the empirical Fisher, with the defaults of the kind.
   *
   * @param kind which approximation
   */
  public CurvatureRule(CurvatureKind kind) {
    this(kind, Fisher.EMPIRICAL, 2, kind == CurvatureKind.KRONECKER_SUM ? 2 : 1);
  }

  /** The rule that options give. */
  static CurvatureRule of(SettingValues values) {
    CurvatureKind kind = values.get(CurvatureSettings.CURVATURE);
    return new CurvatureRule(
        kind,
        new Fisher(
            values.get(CurvatureSettings.FISHER), values.get(CurvatureSettings.FISHER_SAMPLES)),
        values.get(CurvatureSettings.PASSES),
        kind == CurvatureKind.KRONECKER_SUM ? values.get(CurvatureSettings.RANK) : 1);
  }
}
