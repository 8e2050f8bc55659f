package org.llmsurgeon.curvature;

import org.llmsurgeon.InputException;

/**
 * Which outer products of gradients the curvature is made from.
 *
 * @param kind whose losses the gradients are of
 * @param samples draws of targets for each position; {@code G} is the mean of their outer products.
 *     1 for {@link FisherKind#EMPIRICAL}
 */
public record Fisher(FisherKind kind, int samples) {
  /** That of the text's own tokens. */
  public static final Fisher EMPIRICAL = new Fisher(FisherKind.EMPIRICAL, 1);

  /**
   * Checks the number.
   *
   * @throws InputException if there is no draw
   */
  public Fisher {
    if (samples < 1) {
      throw new InputException("--fisher-samples is " + samples + "; give at least 1.");
    }
    if (kind == FisherKind.EMPIRICAL && samples > 1) {
      throw new InputException("--fisher-samples goes with --fisher sampled or kl only.");
    }
  }
}
