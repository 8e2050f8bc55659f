package org.llmsurgeon.compute.cuda.operand;

/** The arguments of one launch of a kernel, in the order of its declaration, and its grid. */
public final class KernelLaunch {
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = 1 << 16;
  private static final int LONG_ROW = 8192;

  private final CudaKernels kernels;
  private final String name;
  private final long[] values = new long[CudaKernels.ARGUMENTS];
  private int count;

  KernelLaunch(CudaKernels kernels, String name) {
    this.kernels = kernels;
    this.name = name;
  }

  private KernelLaunch bits(long value) {
    values[count++] = value;
    return this;
  }

  /** An address of the card, 0 for none, or an {@code Index}. */
  public KernelLaunch wide(long value) {
    return bits(value);
  }

  /** An {@code int}. */
  public KernelLaunch whole(int value) {
    return bits(value);
  }

  /** A {@code float}. */
  public KernelLaunch single(float value) {
    return bits(Float.floatToRawIntBits(value));
  }

  /** A {@code double}. */
  public KernelLaunch real(double value) {
    return bits(Double.doubleToRawLongBits(value));
  }

  /** The elements of a tensor, to be read. */
  public KernelLaunch reading(CudaTensor tensor) {
    return bits(tensor == null ? 0 : tensor.reading());
  }

  /** The elements of a tensor, to be written. */
  public KernelLaunch writing(CudaTensor tensor) {
    return bits(tensor.writing());
  }

  /** A thread for each of so many elements, or fewer that each take several. */
  public void over(long elements) {
    long blocks = Math.min((elements + THREADS - 1) / THREADS, MOST_BLOCKS);
    grid((int) blocks, 1, THREADS);
  }

  /** A block for each of so many rows, whose threads share the columns. */
  public void rows(int rows, int columns) {
    int most = columns > LONG_ROW ? 2 * THREADS : THREADS;
    int threads = Math.max(1, Math.min((columns + WARP - 1) / WARP, most / WARP)) * WARP;
    grid(rows, 1, threads);
  }

  /** A thread for each column, in each of so many stretches of rows. */
  public void columns(int columns, int stretches) {
    grid((columns + WARP - 1) / WARP, stretches, WARP);
  }

  /** Tiles of 32 x 32 of a matrix. */
  public void tiles(int rows, int columns) {
    grid((columns + WARP - 1) / WARP, (rows + WARP - 1) / WARP, THREADS);
  }

  /** Launches, unless the grid is empty. */
  private void grid(int x, int y, int threads) {
    if (x > 0 && y > 0) {
      kernels.launch(name, values, count, new int[] {x, y, threads});
    }
  }
}
