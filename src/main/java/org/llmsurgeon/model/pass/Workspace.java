package org.llmsurgeon.model.pass;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** Intermediate tensors that live and go together; knows how many bytes they take. */
public final class Workspace implements AutoCloseable {
  private final TensorScope scope;
  private final Precision precision;
  private long bytes;

  Workspace(Device device, Precision precision) {
    this.scope = new TensorScope(device);
    this.precision = precision;
  }

  /** A new tensor with undefined contents. */
  public Tensor empty(int rows, int columns) {
    bytes += (long) rows * columns * precision.bytes();
    return scope.empty(precision, rows, columns);
  }

  /** A new tensor full of zeros. */
  public Tensor zeros(int rows, int columns) {
    bytes += (long) rows * columns * precision.bytes();
    return scope.zeros(precision, rows, columns);
  }

  /**
   * A new tensor of double precision, a number for each row, with undefined contents.
   *
   * @param rows rows
   */
  public Tensor perRow(int rows) {
    bytes += (long) rows * Double.BYTES;
    return scope.empty(Precision.DOUBLE, rows, 1);
  }

  /** Bytes of all tensors made so far. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    scope.close();
  }
}
