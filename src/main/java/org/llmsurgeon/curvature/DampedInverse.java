package org.llmsurgeon.curvature;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * {@code (M + d mean(diag M) I)^-1} of a symmetric factor, in double, by Cholesky (method, sections
 * 1 and 4).
 */
public final class DampedInverse implements AutoCloseable {
  private final Tensor matrix;
  private final double[] diagonal;
  private final double constant;
  private final double condition;
  private final int retries;

  private DampedInverse(
      Tensor matrix, double[] diagonal, double constant, double condition, int retries) {
    this.matrix = matrix;
    this.diagonal = diagonal;
    this.constant = constant;
    this.condition = condition;
    this.retries = retries;
  }

  /**
   * Inverts a factor with damping.
   *
   * @param device where it lives
   * @param factor what it is, for the message of an exception
   * @param matrix {@code [n, n]} symmetric in double; only its lower triangle is read; kept as it
   *     is
   * @param damping the relative damping {@code d}
   * @throws NotPositiveDefiniteException if damping does not make it positive definite
   */
  public static DampedInverse of(Device device, String factor, Tensor matrix, double damping) {
    return ofConstant(device, factor, matrix, constant(device.diagonal(matrix), damping));
  }

  /**
   * Inverts a factor with damping of a given size, for example that of the larger matrix which this
   * one is a part of.
   *
   * @param device where it lives
   * @param factor what it is, for the message of an exception
   * @param matrix {@code [n, n]} symmetric in double; only its lower triangle is read; kept as it
   *     is
   * @param constant what is added to each diagonal element
   * @throws NotPositiveDefiniteException if damping does not make it positive definite
   */
  public static DampedInverse ofConstant(
      Device device, String factor, Tensor matrix, double constant) {
    return ofConstant(device, factor, matrix, constant, DampingLadder.NONE);
  }

  /**
   * As {@link #ofConstant(Device, String, Tensor, double)}, with more damping where that is not
   * enough.
   *
   * @param device where it lives
   * @param factor what it is, for the message of an exception
   * @param matrix {@code [n, n]} symmetric in double; only its lower triangle is read; kept as it
   *     is
   * @param constant what is added to each diagonal element at first
   * @param ladder how damping may rise
   * @throws NotPositiveDefiniteException if the last step of the ladder does not make it positive
   *     definite
   */
  public static DampedInverse ofConstant(
      Device device, String factor, Tensor matrix, double constant, DampingLadder ladder) {
    double damping = constant;
    int retries = 0;
    while (true) {
      try {
        return attempt(device, factor, matrix, damping, retries);
      } catch (NotPositiveDefiniteException failure) {
        if (retries == ladder.retries() || damping == 0) {
          throw failure;
        }
        retries++;
        damping *= ladder.step();
      }
    }
  }

  private static DampedInverse attempt(
      Device device, String factor, Tensor matrix, double constant, int retries) {
    Tensor inverse = device.empty(Precision.DOUBLE, matrix.rows(), matrix.columns());
    try {
      device.copy(matrix, inverse);
      device.addDiagonal(inverse, constant);
      int pivot = device.cholesky(inverse);
      if (pivot >= 0) {
        throw new NotPositiveDefiniteException(factor, pivot, device.diagonal(matrix), constant);
      }
      double condition = condition(device.diagonal(inverse));
      device.inverseFromCholesky(inverse);
      double[] diagonal = positiveDiagonal(device, factor, inverse, constant);
      return new DampedInverse(inverse, diagonal, constant, condition, retries);
    } catch (RuntimeException failure) {
      inverse.close();
      throw failure;
    }
  }

  private static double condition(double[] choleskyDiagonal) {
    double smallest = Arrays.stream(choleskyDiagonal).min().orElse(1);
    double largest = Arrays.stream(choleskyDiagonal).max().orElse(1);
    return largest / smallest * (largest / smallest);
  }

  /**
   * What damping adds to each diagonal element: {@code d mean(diag M)}; 0 for an empty matrix.
   *
   * @param diagonal diagonal of the factor
   * @param damping the relative damping {@code d}
   */
  public static double constant(double[] diagonal, double damping) {
    double sum = 0;
    for (double each : diagonal) {
      sum += each;
    }
    return diagonal.length == 0 ? 0 : damping * (sum / diagonal.length);
  }

  // A nearly singular matrix can pass the factorisation and still overflow in the inverse.
  private static double[] positiveDiagonal(
      Device device, String factor, Tensor inverse, double constant) {
    double[] diagonal = device.diagonal(inverse);
    for (int i = 0; i < diagonal.length; i++) {
      if (!(diagonal[i] > 0 && diagonal[i] < Double.POSITIVE_INFINITY)) {
        throw new NotPositiveDefiniteException("The inverse of " + factor, i, diagonal, constant);
      }
    }
    return diagonal;
  }

  /** The inverse {@code [n, n]}, both triangles; closed with this object. */
  public Tensor matrix() {
    return matrix;
  }

  /** Diagonal of the inverse; not a copy, so not to be written. */
  public double[] diagonal() {
    return diagonal;
  }

  /** What damping added to each diagonal element before inverting. */
  public double constant() {
    return constant;
  }

  /**
   * Estimate of the condition number of the damped factor: the squared ratio of the largest and
   * smallest diagonal elements of its Cholesky factor, at most the true one.
   */
  public double condition() {
    return condition;
  }

  /** How often damping was raised. */
  public int retries() {
    return retries;
  }

  @Override
  public void close() {
    matrix.close();
  }
}
