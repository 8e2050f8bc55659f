package org.llmsurgeon.compute;

/**
 * A number that should be finite is NaN or infinite. The message says which, and where it was found
 * first; whoever knows the shot adds it.
 */
public final class NonFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  /**
   * Outside of a layer's own numbers.
   *
   * @param message what is not finite, and where
   */
  public NonFiniteException(String message) {
    super(message);
  }

  /**
   * In a layer.
   *
   * @param layer name of the layer
   * @param statistic what is not finite, for example {@code sum of A at [3, 7]}
   */
  public NonFiniteException(String layer, String statistic) {
    super("The " + statistic + " of layer " + layer + " is not a finite number.");
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
