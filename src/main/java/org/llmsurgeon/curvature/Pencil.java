package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * The generalised eigenproblem of a positive definite {@code M} and a symmetric {@code N}: {@code
 * P^T M P = I} and {@code P^T N P = diag(values)}. With {@code M = L L^T} and {@code L^-1 N L^-T =
 * E diag(values) E^T} that is {@code P = L^-T E}.
 *
 * @param directions {@code P^T = E^T L^-1}
 * @param inverse {@code P^-1 = E^T L^T}
 * @param values the eigenvalues, ascending
 */
record Pencil(Tensor directions, Tensor inverse, double[] values) {
  /**
   * Solves it.
   *
   * @param scope owns the result's tensors
   * @param name what {@code M} is, for messages
   * @param m {@code M} without damping, double
   * @param damping added to its diagonal
   * @param n {@code N}, double
   * @throws NotPositiveDefiniteException if damping does not make {@code M} positive definite
   */
  static Pencil of(TensorScope scope, String name, Tensor m, double damping, Tensor n) {
    Device device = scope.device();
    int size = m.rows();
    try (TensorScope work = new TensorScope(device)) {
      Tensor lower = work.empty(Precision.DOUBLE, size, size);
      device.copy(m, lower);
      device.addDiagonal(lower, damping);
      int pivot = device.cholesky(lower);
      if (pivot >= 0) {
        throw new NotPositiveDefiniteException(name, pivot, device.diagonal(m), damping);
      }
      Tensor inverseLower = work.zeros(Precision.DOUBLE, size, size);
      device.addDiagonal(inverseLower, 1);
      device.solveTriangular(lower, false, inverseLower);
      Tensor half = work.empty(Precision.DOUBLE, size, size);
      device.multiply(1, inverseLower, n, 0, half);
      Tensor rows = work.empty(Precision.DOUBLE, size, size);
      device.multiply(1, half, inverseLower.transposed(), 0, rows);
      double[] values = device.eigen(rows);
      Tensor directions = scope.empty(Precision.DOUBLE, size, size);
      device.multiply(1, rows, inverseLower, 0, directions);
      Tensor inverse = scope.empty(Precision.DOUBLE, size, size);
      device.multiply(1, rows, lower.transposed(), 0, inverse);
      return new Pencil(directions, inverse, values);
    }
  }
}
