package org.llmsurgeon.compute;

/** Softmax distributions of rows of numbers, on the processor. */
final class Softmax {
  private Softmax() {}

  /**
   * The first place up to which the probabilities sum to more than a number; the last place where
   * they are not finite.
   *
   * @param logits of the places
   * @param uniform in {@code [0, 1)}
   */
  static int first(double[] logits, double uniform) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double hit = uniform * sum;
    double passed = 0;
    for (int place = 0; place < logits.length; place++) {
      passed += Math.exp(logits[place] - largest);
      if (hit < passed) {
        return place;
      }
    }
    return logits.length - 1;
  }
}
