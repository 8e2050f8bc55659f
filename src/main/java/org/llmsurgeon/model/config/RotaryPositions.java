package org.llmsurgeon.model.config;

/**
 * Rotary position embedding: of the first {@code dimensions} columns of each head, pair {@code d}
 * turns by {@code theta^(-2 d / dimensions)} radians per position, after scaling. The others stay.
 *
 * @param theta base of the frequencies
 * @param dimensions columns of a head that are rotated, even
 * @param scaling what is done to the frequencies
 */
public record RotaryPositions(double theta, int dimensions, RotaryScaling scaling) {
  /**
   * The angles' growth per position.
   *
   * @param length tokens of the sequences
   * @return {@code [dimensions / 2]} radians per position
   */
  public double[] frequencies(int length) {
    double[] frequencies = new double[dimensions / 2];
    for (int d = 0; d < frequencies.length; d++) {
      frequencies[d] = Math.pow(theta, -2.0 * d / dimensions);
    }
    scaling.apply(this, length, frequencies);
    return frequencies;
  }

  /** Factor on sines and cosines, which scales all scores by its square. */
  public double factor() {
    return scaling.factor();
  }
}
