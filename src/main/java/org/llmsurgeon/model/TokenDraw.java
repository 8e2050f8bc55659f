package org.llmsurgeon.model;

/**
 * Draws tokens from softmax distributions. Which part of a distribution is hit depends on the seed,
 * the window, the position and the draw alone, so it does not matter in which order, or where,
 * windows are looked at.
 *
 * @param seed of all draws
 * @param firstWindow index, among all windows, of the first one of a pass
 */
public record TokenDraw(long seed, int firstWindow) {
  /**
   * The token that is hit.
   *
   * @param window index among the windows of the pass
   * @param position index in the window
   * @param draw which of several draws, from 0
   * @param logits of the position, one for each token
   */
  int token(int window, int position, int draw, double[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double hit = uniform(window, position, draw) * sum;
    double passed = 0;
    for (int token = 0; token < logits.length; token++) {
      passed += Math.exp(logits[token] - largest);
      if (hit < passed) {
        return token;
      }
    }
    // Logits that are not finite; the loss says so
    return logits.length - 1;
  }

  /** In [0, 1). */
  private double uniform(int window, int position, int draw) {
    long state = mixed(seed);
    state = mixed(state + firstWindow + window);
    state = mixed(state + position);
    state = mixed(state + draw);
    return (state >>> 11) * 0x1p-53;
  }

  /** A step of SplitMix64 (Steele, Lea and Flood 2014): neighbours become unrelated. */
  private static long mixed(long state) {
    long z = state + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
