package org.llmsurgeon.compute;

/**
 * What tensors of all devices have in common: a stretch of somebody's memory from some element on,
 * as rows. Views share the memory of the tensor that they were taken from.
 *
 * @param <T> the device's own tensor
 */
public abstract class DenseTensor<T extends DenseTensor<T>> implements Tensor {
  private final long offset;
  private final int rows;
  private final int columns;

  /**
   * @param offset first element in the memory
   * @param rows rows
   * @param columns columns
   */
  protected DenseTensor(long offset, int rows, int columns) {
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * A tensor as one of a device.
   *
   * @param type the device's tensors
   * @param device name of the device, for messages
   * @param tensor any tensor
   * @throws IllegalArgumentException if it lives elsewhere
   */
  protected static <T extends DenseTensor<T>> T own(Class<T> type, String device, Tensor tensor) {
    if (type.isInstance(tensor)) {
      return type.cast(tensor);
    }
    throw new IllegalArgumentException(
        tensor == null
            ? "A tensor is missing"
            : "A %s is not a tensor of the %s device"
                .formatted(tensor.getClass().getSimpleName(), device));
  }

  /**
   * A view of the same memory.
   *
   * @param first element in the memory
   * @param height rows
   * @param width columns
   */
  protected abstract T view(long first, int height, int width);

  /** Whether this tensor, or the one it is a view of, was closed. */
  protected abstract boolean isClosed();

  /**
   * Whether two tensors that hold anything share elements.
   *
   * @param other of the same device
   */
  protected abstract boolean overlaps(T other);

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int columns() {
    return columns;
  }

  /** First element of this tensor in its memory. */
  public final long offset() {
    return offset;
  }

  @Override
  public final T rowRange(int from, int to) {
    ShapeChecks.rowRange(this, from, to);
    return view(offset + (long) from * columns, to - from, columns);
  }

  @Override
  public final T reshape(int newRows, int newColumns) {
    ShapeChecks.reshape(this, newRows, newColumns);
    return view(offset, newRows, newColumns);
  }

  /** Whether the elements are of single precision. */
  public final boolean isSingle() {
    return precision() == Precision.SINGLE;
  }

  /**
   * Refuses double precision, for the kernels that do without it.
   *
   * @throws IllegalArgumentException naming the tensor
   */
  public final void requireSingle() {
    if (!isSingle()) {
      throw new IllegalArgumentException(this + ": the network kernels are single precision only");
    }
  }

  /**
   * Refuses inputs that share elements with this output.
   *
   * @param inputs of the same device
   * @throws IllegalArgumentException naming both
   */
  @SafeVarargs
  public final void mustNotOverlap(T... inputs) {
    requireOpen();
    for (T input : inputs) {
      input.requireOpen();
      if (size() > 0 && input.size() > 0 && overlaps(input)) {
        throw new IllegalArgumentException("The output " + this + " overlaps the input " + input);
      }
    }
  }

  /**
   * Refuses what was closed.
   *
   * @throws IllegalStateException naming the tensor
   */
  public final void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException(this + " was used after it had been closed");
    }
  }

  @Override
  public final String toString() {
    return ShapeChecks.describe(this);
  }
}
