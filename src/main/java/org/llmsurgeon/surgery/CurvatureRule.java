package org.llmsurgeon.surgery;

import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Fisher;
import org.llmsurgeon.curvature.FisherKind;

/**
 * How the curvature of the loss is measured.
 *
 * @param kind which approximation of the Fisher
 * @param fisher which Fisher; {@link Fisher#EMPIRICAL} for a kind without gradients
 */
public record CurvatureRule(CurvatureKind kind, Fisher fisher) {
  /** KFAC of the empirical Fisher. */
  public static final CurvatureRule DEFAULT =
      new CurvatureRule(CurvatureKind.KFAC, Fisher.EMPIRICAL);

  /**
   * Checks what belongs together.
   *
   * @throws InputException if something makes no sense, naming the option
   */
  public CurvatureRule {
    if (!kind.ofLoss() && fisher.kind() != FisherKind.EMPIRICAL) {
      throw new InputException(
          "--fisher goes with a curvature of the loss, as --curvature kfac, not with "
              + kind.optionName()
              + ".");
    }
  }

  /**
   * Reads the options.
   *
   * @throws InputException if they contradict each other
   */
  static CurvatureRule of(RecipeOptions read) {
    return new CurvatureRule(CurvatureKind.parse(read.text("curvature")), fisher(read));
  }

  private static Fisher fisher(RecipeOptions read) {
    FisherKind kind =
        read.given("fisher") ? FisherKind.parse(read.text("fisher")) : FisherKind.EMPIRICAL;
    return new Fisher(kind, read.given("fisher-samples") ? read.integer("fisher-samples") : 1);
  }

  /** Writes the options; what does not apply is null. */
  void put(Map<String, Object> options) {
    boolean drawn = fisher.kind() != FisherKind.EMPIRICAL;
    options.put("curvature", kind.optionName());
    options.put("fisher", kind.ofLoss() ? fisher.kind().optionName() : null);
    options.put("fisher-samples", drawn ? fisher.samples() : null);
  }
}
