package org.llmsurgeon.compute;

/**
 * What devices have in common: sizes of new tensors and ranges of numbers that come and go are
 * looked at once.
 *
 * @param <T> the device's own tensor
 */
public abstract class DenseDevice<T extends DenseTensor<T>> implements Device {
  /**
   * A tensor as one of this device.
   *
   * @param tensor any tensor
   * @throws IllegalArgumentException if it lives elsewhere
   */
  protected abstract T own(Tensor tensor);

  /**
   * A new tensor.
   *
   * @param precision number format
   * @param rows at least 0
   * @param columns at least 0
   * @param zeroed whether it is full of zeros; else its contents are undefined
   */
  protected abstract T allocate(Precision precision, int rows, int columns, boolean zeroed);

  /** Writes floats; the ranges fit. */
  protected abstract void write(float[] values, int offset, T to, long at, int count);

  /** Writes doubles; the ranges fit. */
  protected abstract void write(double[] values, int offset, T to, long at, int count);

  /** Reads floats; the ranges fit. */
  protected abstract void read(T from, long at, float[] values, int offset, int count);

  /** Reads doubles; the ranges fit. */
  protected abstract void read(T from, long at, double[] values, int offset, int count);

  @Override
  public final T zeros(Precision precision, int rows, int columns) {
    return sized(precision, rows, columns, true);
  }

  @Override
  public final T empty(Precision precision, int rows, int columns) {
    return sized(precision, rows, columns, false);
  }

  private T sized(Precision precision, int rows, int columns, boolean zeroed) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("No tensor is [" + rows + ", " + columns + "]");
    }
    return allocate(precision, rows, columns, zeroed);
  }

  @Override
  public final void upload(float[] values, int offset, Tensor target, long at, int count) {
    write(values, offset, ranged(target, at, offset, values.length, count), at, count);
  }

  @Override
  public final void upload(double[] values, int offset, Tensor target, long at, int count) {
    write(values, offset, ranged(target, at, offset, values.length, count), at, count);
  }

  @Override
  public final void download(Tensor source, long at, float[] values, int offset, int count) {
    read(ranged(source, at, offset, values.length, count), at, values, offset, count);
  }

  @Override
  public final void download(Tensor source, long at, double[] values, int offset, int count) {
    read(ranged(source, at, offset, values.length, count), at, values, offset, count);
  }

  private T ranged(Tensor tensor, long at, int offset, int length, int count) {
    T here = own(tensor);
    ShapeChecks.range("the tensor " + here, at, count, here.size());
    ShapeChecks.range("the array", offset, count, length);
    return here;
  }

  @Override
  public final void solveCholesky(Tensor l, Tensor b) {
    solveTriangular(l, false, b);
    solveTriangular(l, true, b);
  }
}
