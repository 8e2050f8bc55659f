package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** A tensor of a {@link CudaDevice}: row-major elements in the memory of the card. */
final class CudaTensor implements Tensor {
  private final CudaBlock block;
  private final boolean view;
  private final long offset;
  private final int rows;
  private final int columns;

  CudaTensor(CudaBlock block, int rows, int columns) {
    this(block, false, 0, rows, columns);
  }

  private CudaTensor(CudaBlock block, boolean view, long offset, int rows, int columns) {
    this.block = block;
    this.view = view;
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * A tensor as one of a card.
   *
   * @throws IllegalArgumentException if it lives elsewhere
   */
  static CudaTensor of(Tensor tensor) {
    if (tensor instanceof CudaTensor here) {
      return here;
    }
    throw new IllegalArgumentException(
        tensor == null
            ? "A tensor is missing"
            : "A " + tensor.getClass().getSimpleName() + " is not a tensor of the cuda device");
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public Precision precision() {
    return block.precision();
  }

  /** {@code f} or {@code d}, as in the names of kernels. */
  char letter() {
    return isSingle() ? 'f' : 'd';
  }

  boolean isSingle() {
    return precision() == Precision.SINGLE;
  }

  @Override
  public CudaTensor rowRange(int from, int to) {
    ShapeChecks.rowRange(this, from, to);
    return new CudaTensor(block, true, offset + (long) from * columns, to - from, columns);
  }

  @Override
  public CudaTensor reshape(int newRows, int newColumns) {
    ShapeChecks.reshape(this, newRows, newColumns);
    return new CudaTensor(block, true, offset, newRows, newColumns);
  }

  /** Closes for good and gives the memory back; a second time, or on a view, does nothing. */
  @Override
  public void close() {
    if (!view) {
      block.close();
    }
  }

  /** Address of the first element, to read from. */
  long reading() {
    checkOpen();
    return block.address() + offset * precision().bytes();
  }

  /** Address of the first element, to write to. */
  long writing() {
    long address = reading();
    block.written();
    return address;
  }

  /** The memory that this tensor is, or is a view of. */
  CudaBlock block() {
    checkOpen();
    return block;
  }

  /** First element of this tensor in its memory. */
  long offset() {
    return offset;
  }

  /** Refuses double precision, for the kernels that do without it. */
  void requireSingle() {
    if (!isSingle()) {
      throw new IllegalArgumentException(
          this + ": the network kernels of the cuda device are single precision only");
    }
  }

  /** Refuses inputs that share elements with this output. */
  void mustNotOverlap(CudaTensor... inputs) {
    checkOpen();
    for (CudaTensor input : inputs) {
      input.checkOpen();
      boolean apart =
          size() == 0
              || input.size() == 0
              || block != input.block
              || offset + size() <= input.offset
              || input.offset + input.size() <= offset;
      if (!apart) {
        throw new IllegalArgumentException("The output " + this + " overlaps the input " + input);
      }
    }
  }

  private void checkOpen() {
    if (block.isClosed()) {
      throw new IllegalStateException(this + " was used after it had been closed");
    }
  }

  @Override
  public String toString() {
    return ShapeChecks.describe(this);
  }
}
