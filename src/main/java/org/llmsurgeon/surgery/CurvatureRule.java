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
 * @param passes steps of the power iteration in a shot, each two passes over the data; {@link
 *     #DEFAULT_PASSES} for a kind without one
 */
public record CurvatureRule(CurvatureKind kind, Fisher fisher, int passes) {
  /** Steps of the power iteration, unless another number is asked for. */
  public static final int DEFAULT_PASSES = 2;

  /** KFAC of the empirical Fisher. */
  public static final CurvatureRule DEFAULT = new CurvatureRule(CurvatureKind.KFAC);

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
    if (passes < 1) {
      throw new InputException("--curvature-passes is " + passes + "; give at least 1.");
    }
  }

  /**
   * Of the empirical Fisher, with the defaults of the kind.
   *
   * @param kind which approximation
   */
  public CurvatureRule(CurvatureKind kind) {
    this(kind, Fisher.EMPIRICAL, DEFAULT_PASSES);
  }

  /**
   * Reads the options.
   *
   * @throws InputException if they contradict each other
   */
  static CurvatureRule of(RecipeOptions read) {
    CurvatureKind kind = CurvatureKind.parse(read.text("curvature"));
    if (read.given("curvature-passes") && !kind.powerIteration()) {
      throw new InputException("--curvature-passes goes with --curvature nearest-kronecker only.");
    }
    int passes = read.given("curvature-passes") ? read.integer("curvature-passes") : DEFAULT_PASSES;
    return new CurvatureRule(kind, fisher(read), passes);
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
    options.put("curvature-passes", kind.powerIteration() ? passes : null);
  }
}
