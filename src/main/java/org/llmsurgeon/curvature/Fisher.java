package org.llmsurgeon.curvature;

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

  /** Checks the number. */
  public Fisher {
    if (samples < 1 || kind == FisherKind.EMPIRICAL && samples > 1) {
      throw new IllegalArgumentException(samples + " samples, " + kind);
    }
  }
}
