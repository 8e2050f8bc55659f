package org.llmsurgeon.curvature;

import java.util.Locale;

/**
 * A matrix that must be positive definite is not, even with its damping. The message names the
 * matrix; whoever knows the shot adds it. The remedy is a larger damping or more calibration data.
 */
public final class NotPositiveDefiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  private final String factor;
  private final int pivot;
  private final double smallestDiagonal;
  private final double largestDiagonal;
  private final double damping;

  /**
   * A matrix to which no damping was added.
   *
   * @param factor which matrix, for example {@code G of model.layers.0.mlp.up_proj}
   * @param pivot index of the first pivot that is not positive, within the matrix factorised
   * @param diagonal the diagonal of the matrix factorised
   */
  public NotPositiveDefiniteException(String factor, int pivot, double[] diagonal) {
    this(factor, pivot, diagonal, 0);
  }

  /**
   * A damped matrix.
   *
   * @param factor which matrix
   * @param pivot index of the first pivot that is not positive, within the matrix factorised
   * @param diagonal its diagonal without damping
   * @param damping what was added to each diagonal element, at the last attempt
   */
  public NotPositiveDefiniteException(String factor, int pivot, double[] diagonal, double damping) {
    this(factor, pivot, smallest(diagonal), largest(diagonal), damping);
  }

  private NotPositiveDefiniteException(
      String factor, int pivot, double smallest, double largest, double damping) {
    super(
        String.format(
            Locale.ROOT,
            "%s is not positive definite: pivot %d failed, its diagonal lies in [%g, %g]%s.",
            factor,
            pivot,
            smallest,
            largest,
            damping == 0 ? "" : String.format(Locale.ROOT, ", %g was added to it", damping)));
    this.factor = factor;
    this.pivot = pivot;
    this.smallestDiagonal = smallest;
    this.largestDiagonal = largest;
    this.damping = damping;
  }

  /** Which matrix. */
  public String factor() {
    return factor;
  }

  /** Index of the first pivot that is not positive, within the matrix factorised. */
  public int pivot() {
    return pivot;
  }

  /** Smallest diagonal element of the matrix factorised. */
  public double smallestDiagonal() {
    return smallestDiagonal;
  }

  /** Largest diagonal element of the matrix factorised. */
  public double largestDiagonal() {
    return largestDiagonal;
  }

  /** What was added to each diagonal element, at the last attempt. */
  public double damping() {
    return damping;
  }

  private static double smallest(double[] diagonal) {
    double smallest = Double.POSITIVE_INFINITY;
    for (double each : diagonal) {
      smallest = Math.min(smallest, each);
    }
    return smallest;
  }

  private static double largest(double[] diagonal) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double each : diagonal) {
      largest = Math.max(largest, each);
    }
    return largest;
  }
}
