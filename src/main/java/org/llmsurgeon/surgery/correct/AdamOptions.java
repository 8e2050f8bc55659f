package org.llmsurgeon.surgery.correct;

/**
 * How {@link Adam} steps, besides the learning rate.
 *
 * @param firstDecay share of the mean gradient that is kept in a step, in [0, 1)
 * @param secondDecay share of the mean squared gradient that is kept in a step, in [0, 1)
 * @param epsilon added to the root of the mean squared gradient, above 0
 * @param weightDecay decoupled decay of matrices, as a share of the learning rate; vectors (norms,
 *     biases) never decay
 * @param largestNorm longer gradients, all parameters taken as one vector, are scaled down to this
 *     norm; infinity for never
 */
public record AdamOptions(
    double firstDecay, double secondDecay, double epsilon, double weightDecay, double largestNorm) {
  /** 0.9, 0.999, 1e-8, no weight decay, no clipping. */
  public static final AdamOptions DEFAULT =
      new AdamOptions(0.9, 0.999, 1e-8, 0, Double.POSITIVE_INFINITY);

  /** Checks the numbers. */
  public AdamOptions {
    boolean decays = firstDecay >= 0 && firstDecay < 1 && secondDecay >= 0 && secondDecay < 1;
    if (!decays || !(epsilon > 0) || !(weightDecay >= 0) || !(largestNorm > 0)) {
      throw new IllegalArgumentException(
          "Adam with decays %s and %s, epsilon %s, weight decay %s, largest norm %s"
              .formatted(firstDecay, secondDecay, epsilon, weightDecay, largestNorm));
    }
  }
}
