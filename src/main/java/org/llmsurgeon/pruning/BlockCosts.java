package org.llmsurgeon.pruning;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/**
 * Exact joint costs of many small sets of rows or columns of one layer (algorithm section 5):
 * {@code 1/2 tr((Xi_SS)^-1 H_SS)}, with {@code H = W A W^T} for rows and {@code H = W^T G W} for
 * columns. Only the blocks {@code H_SS} are computed. Small ones in one pass over the rows of the
 * matrices, since a call to the device for each would cost more than their arithmetic; large ones
 * on the device.
 */
final class BlockCosts {
  /** Sets at least this large go to the device. */
  private static final int LARGE = 16;

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
        costs[i] = large(set);
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

  private double large(int[] set) {
    boolean byRow = line == Line.ROW;
    try (TensorScope work = new TensorScope(device)) {
      Tensor block = gathered(work, state.inverse(line), set, set);
      Tensor going = gathered(work, state.weight(), byRow ? set : null, byRow ? null : set);
      Tensor gradient =
          gathered(work, state.gradient(line), byRow ? set : null, byRow ? null : set);
      Tensor energy = work.empty(Precision.DOUBLE, set.length, set.length);
      if (byRow) {
        device.multiply(1, going, gradient.transposed(), 0, energy);
      } else {
        device.multiply(1, going.transposed(), gradient, 0, energy);
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
    private final List<Integer> where = new java.util.ArrayList<>();
    private final List<int[]> sets = new java.util.ArrayList<>();

    void add(int index, int[] set) {
      where.add(index);
      sets.add(set);
    }

    void into(double[] costs) {
      double[] weight = device.values(state.weight());
      double[] gradient = device.values(state.gradient(line));
      double[] inverse = device.values(state.inverse(line));
      int size = state.inverse(line).rows();
      int width = state.weight().columns();
      double[][] blocks =
          line == Line.ROW
              ? rowBlocks(weight, gradient, width)
              : columnBlocks(weight, gradient, width);
      for (int i = 0; i < where.size(); i++) {
        costs[where.get(i)] = 0.5 * SmallSolve.trace(inverse, size, sets.get(i), blocks[i]);
      }
    }

    private double[][] rowBlocks(double[] weight, double[] gradient, int width) {
      double[][] blocks = new double[sets.size()][];
      for (int i = 0; i < blocks.length; i++) {
        int[] set = sets.get(i);
        blocks[i] = new double[set.length * set.length];
        for (int a = 0; a < set.length; a++) {
          for (int b = 0; b < set.length; b++) {
            double sum = 0;
            for (int c = 0; c < width; c++) {
              sum += weight[set[a] * width + c] * gradient[set[b] * width + c];
            }
            blocks[i][a * set.length + b] = sum;
          }
        }
      }
      return blocks;
    }

    /** Row by row, so that memory is read in order. */
    private double[][] columnBlocks(double[] weight, double[] gradient, int width) {
      double[][] blocks = new double[sets.size()][];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = new double[sets.get(i).length * sets.get(i).length];
      }
      for (int row = 0; row < weight.length; row += width) {
        for (int i = 0; i < blocks.length; i++) {
          addOuter(sets.get(i), weight, gradient, row, blocks[i]);
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
