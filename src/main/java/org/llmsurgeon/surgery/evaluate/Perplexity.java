package org.llmsurgeon.surgery.evaluate;

/** Perplexity of windows (method, section 8). */
public final class Perplexity {
  private Perplexity() {}

  /**
   * {@code exp(mean over windows of mean token cross-entropy)}.
   *
   * @param losses mean cross-entropy of each window, nats, in the order of the windows
   */
  public static double of(double[] losses) {
    if (losses.length == 0) {
      throw new IllegalArgumentException("the perplexity of no windows");
    }
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return Math.exp(sum / losses.length);
  }
}
