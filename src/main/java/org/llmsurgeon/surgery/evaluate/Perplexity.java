package org.llmsurgeon.surgery.evaluate;

import org.llmsurgeon.model.config.Objective;

/** Perplexity of windows (method, section 8). */
public final class Perplexity {
  private Perplexity() {}

  /**
   * {@code exp(mean over windows of mean token cross-entropy)}.
   *
   * @param losses mean cross-entropy of each window, nats, in the order of the windows
   */
  public static double of(double[] losses) {
    return Objective.NEXT_TOKEN.score(losses);
  }
}
