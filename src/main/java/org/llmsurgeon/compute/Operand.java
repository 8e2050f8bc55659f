package org.llmsurgeon.compute;

/** One side of a matrix product: a tensor as it is, or its transpose. Nothing is moved. */
public sealed interface Operand permits Tensor, Operand.Transposed {
  /** The tensor whose memory is read. */
  Tensor tensor();

  /** Whether the product sees the transpose of {@link #tensor()}. */
  boolean isTransposed();

  /** Rows that the product sees. */
  default int effectiveRows() {
    return isTransposed() ? tensor().columns() : tensor().rows();
  }

  /** Columns that the product sees. */
  default int effectiveColumns() {
    return isTransposed() ? tensor().rows() : tensor().columns();
  }

  /**
   * The transpose of a tensor, as an operand.
   *
   * @param tensor the tensor whose transpose is meant
   */
  record Transposed(Tensor tensor) implements Operand {
    @Override
    public boolean isTransposed() {
      return true;
    }
  }
}
