package org.llmsurgeon.model;

/**
 * Rotary position embedding of a model: pair {@code d} of a head turns by {@code theta^(-2 d /
 * headDimension)} radians per position, after scaling.
 *
 * @param theta base of the frequencies
 * @param scaling what is done to the frequencies
 */
public record RotaryPositions(double theta, RotaryScaling scaling) {
  /**
   * The angles' growth per position.
   *
   * @param headDimension width of a head, even
   * @return {@code [headDimension / 2]} radians per position
   */
  public double[] frequencies(int headDimension) {
    double[] frequencies = new double[headDimension / 2];
    for (int d = 0; d < frequencies.length; d++) {
      frequencies[d] = scaling.apply(Math.pow(theta, -2.0 * d / headDimension));
    }
    return frequencies;
  }
}
