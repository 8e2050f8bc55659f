package org.llmsurgeon.curvature;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * What dead lines, balance and damping ask of a symmetric factor: far less than all of it.
 *
 * @param diagonal {@code [n]}
 * @param norm Frobenius norm; not finite where an element is not
 */
public record FactorOutline(double[] diagonal, double norm) {
  /**
   * Of a factor of which only one triangle is at hand.
   *
   * @param triangle {@code [1, n (n + 1) / 2]}, the packed lower triangle; either precision
   * @param size {@code n}
   * @param device where it lives
   */
  public static FactorOutline ofTriangle(Tensor triangle, int size, Device device) {
    int[] positions = new int[size];
    for (int i = 0; i < size; i++) {
      positions[i] = Math.toIntExact(i * (i + 3L) / 2);
    }
    try (TensorScope scope = new TensorScope(device)) {
      Tensor along = scope.empty(triangle.precision(), 1, size);
      device.gather(triangle, null, positions, along);
      double[] diagonal = device.values(along);
      double squares = 2 * device.rowDots(triangle, triangle)[0] - device.rowDots(along, along)[0];
      return new FactorOutline(diagonal, Math.sqrt(squares));
    }
  }

  /**
   * Of a factor that is there as a whole.
   *
   * @param full {@code [n, n]}, symmetric; either precision
   * @param device where it lives
   */
  public static FactorOutline of(Tensor full, Device device) {
    int size = full.rows();
    try (Tensor triangle =
        device.empty(Precision.DOUBLE, 1, Math.toIntExact(size * (size + 1L) / 2))) {
      device.pack(full, triangle);
      return ofTriangle(triangle, size, device);
    }
  }

  /** The outline of the factor times a positive number. */
  public FactorOutline scaled(double by) {
    return new FactorOutline(Arrays.stream(diagonal).map(each -> by * each).toArray(), by * norm);
  }
}
