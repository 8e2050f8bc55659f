package org.llmsurgeon.compute;

/**
 * A normalisation over the columns of each row, with its weights.
 *
 * @param kind which one
 * @param gain {@code [1, width]}
 * @param bias {@code [1, width]}, or null where there is none
 * @param epsilon added to the variance (LAYER) or to the mean square (RMS)
 */
public record Norm(Kind kind, Tensor gain, Tensor bias, double epsilon) {
  /** The two normalisations. */
  public enum Kind {
    /** {@code (x - mean) / sqrt(var + eps) * gain + bias}, with the biased variance. */
    LAYER,
    /** {@code x / sqrt(mean(x^2) + eps) * gain}. */
    RMS
  }
}
