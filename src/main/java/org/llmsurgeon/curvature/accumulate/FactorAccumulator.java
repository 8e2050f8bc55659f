package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * One symmetric factor while it is gathered: {@code sum_t x_t x_t^T} over tokens. Data may be cut
 * anywhere: sums of parts add up to that of all. Products are taken in the precision of {@code x},
 * sums are kept in double (method, section 1).
 *
 * <p>With a bias, {@code x} counts as having a last entry 1, so the last row of the sum holds the
 * column sums of {@code x} and the number of tokens; no longer copy of {@code x} is made.
 */
public final class FactorAccumulator implements AutoCloseable {
  private final Device device;
  private final int width;
  private final boolean bias;
  private final Tensor packed;

  /**
   * An empty sum.
   *
   * @param device where it is kept
   * @param width columns of the tensors that will be added
   * @param bias whether each token gets a last entry 1
   */
  public FactorAccumulator(Device device, int width, boolean bias) {
    this.device = device;
    this.width = width;
    this.bias = bias;
    int size = Math.addExact(width, bias ? 1 : 0);
    this.packed = device.zeros(Precision.DOUBLE, 1, Math.toIntExact(triangle(size)));
  }

  /** Rows and columns of the factor: the width, and one more with a bias. */
  public int size() {
    return bias ? width + 1 : width;
  }

  /**
   * The sum as a packed lower triangle {@code [1, n (n + 1) / 2]} in double, {@code n} = {@link
   * #size()}. It is this accumulator's own memory, not a copy.
   */
  public Tensor sum() {
    return packed;
  }

  /**
   * Adds the outer products of some tokens.
   *
   * @param x {@code [tokens, width]}, without the bias entry
   */
  public void add(Tensor x) {
    if (x.columns() != width) {
      throw new IllegalArgumentException(
          "[" + x.rows() + ", " + x.columns() + "] added to a factor of width " + width);
    }
    if (x.rows() == 0) {
      return;
    }
    // The packed triangle is stored row by row, so its first `width` rows are a packed triangle
    // themselves, and the bias row is what follows.
    device.addGramPacked(1, x, range(0, triangle(width)));
    if (bias) {
      addBiasRow(x);
    }
  }

  private void addBiasRow(Tensor x) {
    long start = triangle(width);
    try (Tensor sums = device.zeros(x.precision(), 1, width)) {
      device.addColumnSums(x, sums);
      device.add(1, sums, range(start, start + width));
    }
    device.addDiagonal(range(start + width, start + width + 1), x.rows());
  }

  /**
   * Throws if the sum is not finite. A NaN or an infinity that was added once stays in the sum, so
   * one check when a shard ends is enough.
   *
   * @param layer name of the layer, for the message
   * @param factor {@code A} or {@code G}, for the message
   * @throws NonFiniteException naming layer, factor and element
   */
  public void checkFinite(String layer, String factor) {
    long index = device.firstNonFinite(packed);
    if (index >= 0) {
      int row = 0;
      while (triangle(row + 1) <= index) {
        row++;
      }
      long column = index - triangle(row);
      throw new NonFiniteException(
          layer, "sum of factor " + factor + " at [" + row + ", " + column + "]");
    }
  }

  @Override
  public void close() {
    packed.close();
  }

  /** Elements {@code from} to {@code to} of the packed triangle as a row, in place. */
  private Tensor range(long from, long to) {
    int start = Math.toIntExact(from);
    int end = Math.toIntExact(to);
    return packed.reshape(packed.columns(), 1).rowRange(start, end).reshape(1, end - start);
  }

  private static long triangle(int size) {
    return (long) size * (size + 1) / 2;
  }
}
