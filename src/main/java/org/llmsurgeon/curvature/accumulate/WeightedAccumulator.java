package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * One half step of the power iteration ({@link org.llmsurgeon.curvature.KroneckerStep}) while it is
 * gathered: {@code sum_t (y_t^T M y_t) x_t x_t^T} over tokens. It needs both sides of a token
 * together: the layer's input and its output gradient. As in {@link FactorAccumulator} sums of
 * parts add up, products are in the precision of the tokens and the sum is in double.
 *
 * <p>Weights may be negative: for later terms of a {@link org.llmsurgeon.curvature.KroneckerSum}
 * {@code M} is indefinite.
 */
public final class WeightedAccumulator implements AutoCloseable {
  private final Device device;
  private final TokenShape summed;
  private final TokenShape weighing;
  private final Tensor matrix;
  private final Tensor packed;
  private TokenWeights weights;
  private Precision precision;
  private long tokens;

  /**
   * An empty sum.
   *
   * @param device where it is kept
   * @param summed the side whose outer products are added, {@code x}
   * @param weighing the other side, {@code y}
   * @param matrix {@code M}, symmetric, over {@code weighing}; either precision; must stay open and
   *     unchanged while this is used
   */
  public WeightedAccumulator(Device device, TokenShape summed, TokenShape weighing, Tensor matrix) {
    if (matrix.rows() != weighing.size() || matrix.columns() != weighing.size()) {
      throw new IllegalArgumentException(
          "[" + matrix.rows() + ", " + matrix.columns() + "] over " + weighing);
    }
    this.device = device;
    this.summed = summed;
    this.weighing = weighing;
    this.matrix = matrix;
    this.packed = device.zeros(Precision.DOUBLE, 1, Math.toIntExact(triangle(summed.size())));
  }

  /** Tokens added so far. */
  public long tokens() {
    return tokens;
  }

  /** The sum as a packed lower triangle; this accumulator's own memory, not a copy. */
  public Tensor sum() {
    return packed;
  }

  /**
   * Adds some tokens.
   *
   * @param x {@code [tokens, width]} of the summed side, without the bias entry
   * @param y {@code [tokens, width]} of the weighing side, without the bias entry
   */
  public void add(Tensor x, Tensor y) {
    summed.check(x);
    if (x.rows() != y.rows() || x.precision() != y.precision()) {
      throw new IllegalArgumentException(
          x.rows() + " and " + y.rows() + " tokens, or of different precision");
    }
    if (x.rows() == 0) {
      return;
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor weight = work.empty(Precision.DOUBLE, x.rows(), 1);
      weightsOf(y.precision()).of(y, weight);
      addWeighed(work, x, weight);
    }
    tokens += x.rows();
  }

  private TokenWeights weightsOf(Precision wanted) {
    if (precision != wanted) {
      if (weights != null) {
        weights.close();
      }
      precision = wanted;
      weights = new TokenWeights(device, weighing, precision, matrix);
    }
    return weights;
  }

  /**
   * Nothing is asked of the device, so that it need not wait: a sum tells of a weight that is none.
   */
  private void addWeighed(TensorScope work, Tensor x, Tensor weight) {
    Tensor rounded = work.empty(x.precision(), x.rows(), 1);
    device.copy(weight, rounded);
    Tensor weighed = work.empty(x.precision(), x.rows(), summed.width());
    Tensor ones = OnesColumn.of(work, x.precision(), summed.width());
    device.multiply(1, rounded, ones.transposed(), 0, weighed);
    device.multiplyElements(x, weighed);
    long inner = triangle(summed.width());
    device.addProductPacked(1, x, weighed, range(0, inner));
    if (summed.bias()) {
      Tensor row = work.empty(x.precision(), 1, summed.width());
      device.multiply(1, rounded.transposed(), x, 0, row);
      device.add(1, row, range(inner, inner + summed.width()));
      Tensor exact = OnesColumn.of(work, Precision.DOUBLE, x.rows());
      Tensor sum = work.empty(Precision.DOUBLE, 1, 1);
      device.multiply(1, exact.transposed(), weight, 0, sum);
      device.add(1, sum, range(inner + summed.width(), inner + summed.width() + 1));
    }
  }

  @Override
  public void close() {
    if (weights != null) {
      weights.close();
    }
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
