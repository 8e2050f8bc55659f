package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.pruning.structure.Line;

/**
 * Exact joint costs of many small sets of rows or columns of one layer (method, section 5): {@code
 * 1/2 tr((Xi_SS)^-1 H_SS)}, with {@code H = W A W^T} for rows and {@code H = W^T G W} for columns;
 * where nothing adapts, {@code 1/2 tr(X_SS H_SS)}. Only the blocks {@code H_SS} are computed. Small
 * ones in one pass over the rows of the matrices, since a call to the device for each would cost
 * more than their arithmetic; large ones on the device.
 */
final class BlockCosts {
  /** Sets at least this large go to the device. */
  private static final int LARGE = 16;

  /** Rows of a matrix that are read at a time: the heap holds no whole matrix. */
  private static final int CHUNK = 64;

  private final Device device;
  private final LayerState state;
  private final Line line;

  BlockCosts(Device device, LayerState state, Line line) {
    this.device = device;
    this.state = state;
    this.line = line;
  }

  /**
   * Costs of sets, each as if it went alone.
   *
   * @param sets live positions of each
   */
  double[] of(List<int[]> sets) {
    double[] costs = new double[sets.size()];
    double[] alone = null;
    Small small = null;
    for (int i = 0; i < costs.length; i++) {
      int[] set = sets.get(i);
      if (set.length == 1) {
        alone = alone == null ? state.costs(line) : alone;
        costs[i] = alone[set[0]];
      } else if (set.length >= LARGE) {
        costs[i] = joint(set);
      } else if (set.length > 1) {
        small = small == null ? new Small() : small;
        small.add(i, set);
      }
    }
    if (small != null) {
      small.into(costs);
    }
    return costs;
  }

  /**
   * The cost of a set.
   *
   * @param set live positions, ascending
   */
  double joint(int[] set) {
    boolean byRow = line == Line.ROW;
    try (TensorScope work = new TensorScope(device)) {
      Tensor block = gathered(work, state.curvature(line), set, set);
      Tensor going = gathered(work, state.weight(), byRow ? set : null, byRow ? null : set);
      Tensor gradient =
          gathered(work, state.gradient(line), byRow ? set : null, byRow ? null : set);
      Tensor energy = work.empty(Precision.DOUBLE, set.length, set.length);
      if (byRow) {
        device.multiply(1, going, gradient.transposed(), 0, energy);
      } else {
        device.multiply(1, going.transposed(), gradient, 0, energy);
      }
      if (!state.adapts()) {
        return 0.5 * Arrays.stream(device.rowDots(block, energy)).sum();
      }
      if (device.cholesky(block) >= 0) {
        return Double.NaN;
      }
      device.solveCholesky(block, energy);
      double trace = 0;
      for (double each : device.diagonal(energy)) {
        trace += each;
      }
      return 0.5 * trace;
    }
  }

  private Tensor gathered(TensorScope work, Tensor from, int[] rows, int[] columns) {
    int height = rows == null ? from.rows() : rows.length;
    int width = columns == null ? from.columns() : columns.length;
    Tensor to = work.empty(Precision.DOUBLE, height, width);
    device.gather(from, rows, columns, to);
    return to;
  }

  /** Small sets, together. */
  private final class Small {
    private final List<Integer> where = new ArrayList<>();
    private final List<int[]> sets = new ArrayList<>();

    void add(int index, int[] set) {
      where.add(index);
      sets.add(set);
    }

    void into(double[] costs) {
      double[][] blocks = line == Line.ROW ? rowBlocks() : columnBlocks();
      for (int i = 0; i < blocks.length; i++) {
        costs[where.get(i)] = 0.5 * trace(curvature(sets.get(i)), blocks[i], sets.get(i).length);
      }
    }

    private double trace(double[] curvature, double[] block, int size) {
      if (state.adapts()) {
        return SmallSolve.trace(curvature, size, block);
      }
      double trace = 0;
      for (int i = 0; i < block.length; i++) {
        trace += curvature[i] * block[i];
      }
      return trace;
    }

    /** {@code Xi_SS} or {@code X_SS}, row by row. */
    private double[] curvature(int[] set) {
      Tensor whole = state.curvature(line);
      double[] part = new double[set.length * set.length];
      double[] row = new double[set[set.length - 1] - set[0] + 1];
      for (int i = 0; i < set.length; i++) {
        device.download(whole, (long) set[i] * whole.columns() + set[0], row, 0, row.length);
        for (int j = 0; j < set.length; j++) {
          part[i * set.length + j] = row[set[j] - set[0]];
        }
      }
      return part;
    }

    private double[][] rowBlocks() {
      int width = state.weight().columns();
      double[][] blocks = new double[sets.size()][];
      for (int i = 0; i < blocks.length; i++) {
        int[] set = sets.get(i);
        double[] weight = new double[set.length * width];
        double[] gradient = new double[weight.length];
        for (int a = 0; a < set.length; a++) {
          device.download(state.weight(), (long) set[a] * width, weight, a * width, width);
          device.download(state.gradient(line), (long) set[a] * width, gradient, a * width, width);
        }
        blocks[i] = products(set.length, width, weight, gradient);
      }
      return blocks;
    }

    private static double[] products(int size, int width, double[] weight, double[] gradient) {
      double[] block = new double[size * size];
      for (int a = 0; a < size; a++) {
        for (int b = 0; b < size; b++) {
          double sum = 0;
          for (int c = 0; c < width; c++) {
            sum += weight[a * width + c] * gradient[b * width + c];
          }
          block[a * size + b] = sum;
        }
      }
      return block;
    }

    /** Row by row, so that memory is read in order. */
    private double[][] columnBlocks() {
      double[][] blocks = new double[sets.size()][];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = new double[sets.get(i).length * sets.get(i).length];
      }
      int width = state.weight().columns();
      double[] weight = new double[CHUNK * width];
      double[] gradient = new double[weight.length];
      for (int first = 0; first < state.weight().rows(); first += CHUNK) {
        int count = Math.min(CHUNK, state.weight().rows() - first) * width;
        device.download(state.weight(), (long) first * width, weight, 0, count);
        device.download(state.gradient(line), (long) first * width, gradient, 0, count);
        for (int row = 0; row < count; row += width) {
          for (int i = 0; i < blocks.length; i++) {
            addOuter(sets.get(i), weight, gradient, row, blocks[i]);
          }
        }
      }
      return blocks;
    }

    private static void addOuter(
        int[] set, double[] weight, double[] gradient, int row, double[] block) {
      for (int a = 0; a < set.length; a++) {
        double left = weight[row + set[a]];
        for (int b = 0; b < set.length; b++) {
          block[a * set.length + b] += left * gradient[row + set[b]];
        }
      }
    }
  }
}
