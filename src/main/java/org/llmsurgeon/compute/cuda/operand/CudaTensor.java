package org.llmsurgeon.compute.cuda.operand;

import org.llmsurgeon.compute.DenseTensor;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cuda.driver.CudaBlock;

/**
 * A tensor of a {@link org.llmsurgeon.compute.cuda.CudaDevice}: row-major elements in the memory of
 * the card.
 */
public final class CudaTensor extends DenseTensor<CudaTensor> {
  private final CudaBlock block;
  private final boolean view;

  /** A block as a matrix. */
  public CudaTensor(CudaBlock block, int rows, int columns) {
    this(block, false, 0, rows, columns);
  }

  private CudaTensor(CudaBlock block, boolean view, long offset, int rows, int columns) {
    super(offset, rows, columns);
    this.block = block;
    this.view = view;
  }

  /**
   * A tensor as one of a card.
   *
   * @throws IllegalArgumentException if it lives elsewhere
   */
  public static CudaTensor of(Tensor tensor) {
    return own(CudaTensor.class, "cuda", tensor);
  }

  @Override
  protected CudaTensor view(long first, int height, int width) {
    return new CudaTensor(block, true, first, height, width);
  }

  @Override
  protected boolean isClosed() {
    return block.isClosed();
  }

  @Override
  protected boolean overlaps(CudaTensor other) {
    return block == other.block
        && offset() + size() > other.offset()
        && other.offset() + other.size() > offset();
  }

  @Override
  public Precision precision() {
    return block.precision();
  }

  /** {@code f} or {@code d}, as in the names of kernels. */
  char letter() {
    return isSingle() ? 'f' : 'd';
  }

  /** Closes for good and gives the memory back; a second time, or on a view, does nothing. */
  @Override
  public void close() {
    if (!view) {
      block.close();
    }
  }

  /** Address of the first element, to read from. */
  public long reading() {
    requireOpen();
    return block.address() + offset() * precision().bytes();
  }

  /** Address of the first element, to write to. */
  public long writing() {
    long address = reading();
    block.written();
    return address;
  }

  /** The memory that this tensor is, or is a view of. */
  public CudaBlock block() {
    requireOpen();
    return block;
  }
}
