package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * A number that should be finite is NaN or infinite. The message names the layer and the statistic;
 * whoever knows the shot adds it.
 */
public final class NonFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  private final String layer;
  private final String statistic;

  /**
   * @param layer name of the layer
   * @param statistic what is not finite, for example {@code sum of A at [3, 7]}
   */
  public NonFiniteException(String layer, String statistic) {
    super("The " + statistic + " of layer " + layer + " is not a finite number.");
    this.layer = layer;
    this.statistic = statistic;
  }

  /** Name of the layer. */
  public String layer() {
    return layer;
  }

  /** What is not finite, with its indices. */
  public String statistic() {
    return statistic;
  }

  /**
   * Throws if an element of a matrix is not finite.
   *
   * @param device where the matrix lives
   * @param matrix any tensor
   * @param layer name of the layer
   * @param statistic what the matrix is
   * @throws NonFiniteException naming the first such element in row-major order
   */
  public static void check(Device device, Tensor matrix, String layer, String statistic) {
    long index = device.firstNonFinite(matrix);
    if (index >= 0) {
      long row = index / matrix.columns();
      long column = index % matrix.columns();
      throw new NonFiniteException(layer, statistic + " at [" + row + ", " + column + "]");
    }
  }
}
