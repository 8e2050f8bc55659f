package org.llmsurgeon.surgery.correct;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.pruning.structure.ElementMask;

/**
 * One layer with an adapter under the mask of what is gone:
 *
 * <pre>
 * W' = W + s keep * (B A)        keep: 1 where W is not 0        s: root mean square of the kept W
 * dB = s (keep * dW') A^T        dA = s B^T (keep * dW')         dW' = sum_t g_t x_t^T
 * </pre>
 *
 * <p>What is 0 stays exactly 0. The scale makes a learning rate a share of the layer's weights,
 * whatever their size (ours). Where only whole rows and columns are gone, {@code keep} is a product
 * of two vectors: rows of {@code B} and columns of {@code A} are 0 there, and {@code dW'} is never
 * formed: {@code dB = s G^T (X A^T)}, {@code dA = s (G B)^T X}.
 */
final class AdaptedLayer implements AutoCloseable {
  private final Device device;
  private final Tensor base;
  private final ElementMask gone;
  private final Lines lines;
  private final double scale;
  private final TensorScope scope;
  private final Tensor b;
  private final Tensor a;

  /** Rows and columns that are gone. */
  private record Lines(int[] rows, int[] columns) {}

  /**
   * @param device where everything lives
   * @param base {@code W}, {@code [out, in]}; read by {@link #merge}, stays the caller's
   * @param rank of the adapter
   */
  AdaptedLayer(Device device, Tensor base, int rank) {
    this.device = device;
    this.base = base;
    this.gone = ElementMask.ofZeros(device, base);
    this.lines = lines(gone);
    long kept = base.size() - gone.count();
    double squares = Arrays.stream(device.rowDots(base, base)).sum();
    this.scale = kept == 0 ? 0 : Math.sqrt(squares / kept);
    this.scope = new TensorScope(device);
    this.b = scope.zeros(base.precision(), base.rows(), rank);
    this.a = scope.zeros(base.precision(), rank, base.columns());
  }

  /** The rows and columns that all zeros lie in, or null where there are others. */
  private static Lines lines(ElementMask gone) {
    int[] columns = null;
    for (int row = 0; row < gone.rows(); row++) {
      int[] zeros = gone.removedColumns(row);
      if (zeros.length < gone.columns()) {
        if (columns != null && !Arrays.equals(columns, zeros)) {
          return null;
        }
        columns = zeros;
      }
    }
    int[] rows =
        IntStream.range(0, gone.rows()).filter(row -> gone.count(row) == gone.columns()).toArray();
    return new Lines(rows, columns == null ? new int[0] : columns);
  }

  /**
   * Takes an adapter over and writes the changed weight.
   *
   * @param adapter the change; copied
   * @param into {@code W'}, {@code [out, in]}, not the memory of {@code W}
   */
  void merge(Adapter adapter, Tensor into) {
    device.copy(adapter.b(), b);
    device.copy(adapter.a(), a);
    clear(b, a);
    device.multiply(scale, b, a, 0, into);
    if (lines == null) {
      gone.clear(device, into);
    }
    device.add(1, base, into);
  }

  /** Clears the rows and the columns that are gone, where only such are. */
  private void clear(Tensor ofRows, Tensor ofColumns) {
    if (lines == null) {
      return;
    }
    double[] zeros = new double[ofRows.columns()];
    for (int row : lines.rows()) {
      device.upload(zeros, 0, ofRows, (long) row * zeros.length, zeros.length);
    }
    Rows.map(
        device,
        ofColumns,
        ofColumns,
        (k, values) -> {
          for (int column : lines.columns()) {
            values[column] = 0;
          }
        });
  }

  /**
   * Adds the gradients of some tokens with respect to the adapter that was merged last.
   *
   * @param input {@code X}, {@code [tokens, in]}
   * @param gradient {@code G}, {@code [tokens, out]}
   * @param sum in double, added to
   */
  void addGradients(Tensor input, Tensor gradient, Adapter sum) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor dB = work.empty(b.precision(), b.rows(), b.columns());
      Tensor dA = work.empty(a.precision(), a.rows(), a.columns());
      if (lines == null) {
        Tensor weight = work.empty(b.precision(), b.rows(), a.columns());
        device.multiply(1, gradient.transposed(), input, 0, weight);
        gone.clear(device, weight);
        device.multiply(scale, weight, a.transposed(), 0, dB);
        device.multiply(scale, b.transposed(), weight, 0, dA);
      } else {
        Tensor inputs = work.empty(b.precision(), input.rows(), a.rows());
        Tensor gradients = work.empty(b.precision(), input.rows(), a.rows());
        device.multiply(scale, input, a.transposed(), 0, inputs);
        device.multiply(scale, gradient, b, 0, gradients);
        device.multiply(1, gradient.transposed(), inputs, 0, dB);
        device.multiply(1, gradients.transposed(), input, 0, dA);
        clear(dB, dA);
      }
      device.add(1, dB, sum.b());
      device.add(1, dA, sum.a());
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
