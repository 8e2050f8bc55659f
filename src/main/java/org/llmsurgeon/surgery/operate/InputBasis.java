package org.llmsurgeon.surgery.operate;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * The eigenvectors of {@code A} that the last layer had, kept for the next one: layers that read
 * the same input, as query, key and value do, share them where the same columns are live. Memory:
 * one matrix of the factor's size.
 */
public final class InputBasis implements AutoCloseable {
  private String inputGroup;
  private int[] live;
  private Tensor directions;
  private double[] values;

  /**
   * Solves the eigenproblem, unless this layer's is the one solved last.
   *
   * @param device where the factor lives
   * @param group name of the layers that read the same input
   * @param columns live columns of the layer
   * @param factor {@code A} over those, in double; kept as it is
   */
  void solve(Device device, String group, int[] columns, Tensor factor) {
    if (group.equals(inputGroup) && Arrays.equals(columns, live)) {
      return;
    }
    close();
    directions = device.empty(Precision.DOUBLE, factor.rows(), factor.columns());
    device.copy(factor, directions);
    values = device.eigen(directions);
    inputGroup = group;
    live = columns.clone();
  }

  /** {@code [n, n]}: row {@code i} is the eigenvector of value {@code i}; owned by this object. */
  Tensor directions() {
    return directions;
  }

  /** Eigenvalues, ascending. */
  double[] values() {
    return values;
  }

  @Override
  public void close() {
    if (directions != null) {
      directions.close();
    }
    directions = null;
    inputGroup = null;
  }
}
