package org.llmsurgeon.pipeline.report;

import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.surgery.choose.HalvesCheck;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a user is told of the data and of the model that came. */
final class RunWarnings {
  private RunWarnings() {}

  /**
   * Whether more data would help.
   *
   * @param halves how far halves of it agree; null where nobody asked
   */
  static Optional<String> data(HalvesCheck halves) {
    return Optional.ofNullable(halves)
        .filter(HalvesCheck::wantsMore)
        .map(
            check ->
                String.format(
                    Locale.ROOT,
                    "More calibration data would help: what one half of it finds cheapest costs"
                        + " %.0f %% more than need be by the other half (rank correlation of the"
                        + " costs of units %.3f); give more windows, by --sequences"
                        + " where they are of text.",
                    100 * check.excess(),
                    check.rankCorrelation()));
  }

  /**
   * Zeros that came with the model in some pattern and are no part of what rows and columns go.
   *
   * @param first the first shot
   * @param recipe what may go
   */
  static Optional<String> kept(ShotManifest first, Recipe recipe) {
    long zeros =
        first.layers().stream()
            .filter(layer -> recipe.layers().touches(layer.layer()))
            .mapToLong(layer -> inPattern(layer.cut().weights()))
            .sum();
    return recipe.structures().sparse() || zeros == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%,d weights outside rows and columns of zeros were 0 already (%.2f %%); they stay"
                    + " 0, and do not count in the sparsity.",
                zeros,
                100.0 * zeros / first.removal().total()));
  }

  private static long inPattern(LayerReport.Weights weights) {
    long single = weights.zeros() - weights.before();
    boolean pattern = single > ElementMask.SCATTERED * (weights.total() - weights.before());
    return pattern ? single : 0;
  }
}
