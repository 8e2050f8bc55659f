package org.llmsurgeon.compute;

/**
 * A dense row-major matrix {@code [rows, columns]} in the memory of one {@link Device}; a vector is
 * {@code [1, n]}. Created, read and changed through its device only. Closing gives the memory back;
 * closing a view does nothing.
 */
public non-sealed interface Tensor extends Operand, AutoCloseable {
  /** Rows; at least 0. */
  int rows();

  /** Columns; at least 0. */
  int columns();

  /** Number format of the elements. */
  Precision precision();

  /**
   * Rows {@code from} (inclusive) to {@code to} (exclusive) as a view of the same memory.
   *
   * @param from first row
   * @param to row after the last
   */
  Tensor rowRange(int from, int to);

  /**
   * The same elements in the same order under another shape, as a view.
   *
   * @param rows rows of the view
   * @param columns columns of the view; {@code rows * columns} must equal {@link #size()}
   */
  Tensor reshape(int rows, int columns);

  /** Number of elements. */
  default long size() {
    return (long) rows() * columns();
  }

  /** This tensor's transpose as an operand of a product. */
  default Operand transposed() {
    return new Transposed(this);
  }

  @Override
  default Tensor tensor() {
    return this;
  }

  @Override
  default boolean isTransposed() {
    return false;
  }

  @Override
  void close();
}
