package org.llmsurgeon.surgery.recipe;

import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Fisher;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.UpdateKind;

/**
 * How the curvature of the loss is measured.
 *
 * @param kind which approximation of the Fisher
 * @param fisher which Fisher; {@link Fisher#EMPIRICAL} for a kind without gradients
 * @param passes steps of the power iteration in a shot, each two passes over the data; {@link
 *     #DEFAULT_PASSES} for a kind without one
 * @param rank products in a sum; 1 for the other kinds
 */
public record CurvatureRule(CurvatureKind kind, Fisher fisher, int passes, int rank) {
  /** Steps of the power iteration, unless another number is asked for. */
  public static final int DEFAULT_PASSES = 2;

  /** Products of a sum, unless another number is asked for. */
  public static final int DEFAULT_RANK = 2;

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
    this(
        kind,
        Fisher.EMPIRICAL,
        DEFAULT_PASSES,
        kind == CurvatureKind.KRONECKER_SUM ? DEFAULT_RANK : 1);
  }

  /**
   * Reads the options.
   *
   * @throws InputException if they contradict each other
   */
  static CurvatureRule of(RecipeOptions read) {
    CurvatureKind kind = CurvatureKind.parse(read.text("curvature"));
    if (read.given("curvature-passes") && !kind.powerIteration()) {
      throw new InputException(
          "--curvature-passes goes with --curvature nearest-kronecker or kronecker-sum only.");
    }
    int passes = read.given("curvature-passes") ? read.integer("curvature-passes") : DEFAULT_PASSES;
    return new CurvatureRule(kind, fisher(read), passes, rank(kind, read));
  }

  /**
   * Throws unless the rest makes up for what goes in the only ways that a curvature without a
   * product knows: jointly, or not at all.
   *
   * @throws InputException naming the option
   */
  void requireJoint(boolean diagonal, UpdateKind update, ElementRule elements, int rounds) {
    if (kind == CurvatureKind.EKFAC && rounds > 1) {
      throw new InputException(
          "--rounds goes with ekfac only as 1: its eigenvectors are those of the layer as it was;"
              + " leave it out, or give more --shots.");
    }
    String wrong =
        diagonal
            ? "--diagonal"
            : update == UpdateKind.ADDITIVE || update == UpdateKind.INDEPENDENT
                ? "--update " + update.optionName()
                : elements.update() instanceof ElementUpdate.Grouped
                    ? "--element-update grouped"
                    : null;
    if (wrong != null) {
      throw new InputException(
          wrong
              + " needs a curvature that is one product, as --curvature kfac, not "
              + kind.optionName()
              + ".");
    }
  }

  private static int rank(CurvatureKind kind, RecipeOptions read) {
    if (!read.given("curvature-rank")) {
      return new CurvatureRule(kind).rank();
    }
    if (kind != CurvatureKind.KRONECKER_SUM) {
      throw new InputException("--curvature-rank goes with --curvature kronecker-sum only.");
    }
    int rank = read.integer("curvature-rank");
    if (rank < 2) {
      throw new InputException(
          "--curvature-rank is " + rank + "; give at least 2, or --curvature nearest-kronecker.");
    }
    return rank;
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
    options.put("curvature-rank", kind == CurvatureKind.KRONECKER_SUM ? rank : null);
  }
}
