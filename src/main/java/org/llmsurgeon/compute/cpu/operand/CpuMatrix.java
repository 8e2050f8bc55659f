package org.llmsurgeon.compute.cpu.operand;

import org.llmsurgeon.compute.Operand;

/**
 * A rectangle of a tensor as BLAS sees it: possibly some columns only of each row, possibly meant
 * transposed.
 *
 * @param tensor whose memory it is
 * @param start first element, counted from the tensor's first
 * @param stride elements from one row to the next
 * @param rows rows in memory
 * @param columns columns in memory
 * @param transposed whether the product sees the transpose
 */
public record CpuMatrix(
    CpuTensor tensor, long start, int stride, int rows, int columns, boolean transposed) {
  /** A whole tensor, as a product sees it. */
  public static CpuMatrix of(Operand operand) {
    CpuTensor tensor = CpuTensor.of(operand.tensor());
    return new CpuMatrix(
        tensor, 0, tensor.columns(), tensor.rows(), tensor.columns(), operand.isTransposed());
  }

  /** Rows {@code from} to {@code to} of this untransposed rectangle. */
  public CpuMatrix rowRange(int from, int to) {
    return new CpuMatrix(tensor, start + (long) from * stride, stride, to - from, columns, false);
  }

  /** Columns {@code from} to {@code to} of this untransposed rectangle. */
  public CpuMatrix columnRange(int from, int to) {
    return new CpuMatrix(tensor, start + from, stride, rows, to - from, false);
  }

  /** Place of the first element of a row in the memory. */
  public long row(int row) {
    return tensor.at(start + (long) row * stride);
  }

  /** The same rectangle, seen the other way. */
  public CpuMatrix transpose() {
    return new CpuMatrix(tensor, start, stride, rows, columns, !transposed);
  }

  int effectiveRows() {
    return transposed ? columns : rows;
  }

  /** Columns as the product sees them. */
  public int effectiveColumns() {
    return transposed ? rows : columns;
  }

  @Override
  public String toString() {
    return "[" + effectiveRows() + ", " + effectiveColumns() + "]";
  }
}
