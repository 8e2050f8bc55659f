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
    if (line == Line.COLUMN && state.adapts() && set.length == state.columns()) {
      return state.allColumnsCost();
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor block = gathered(work, state.curvature(line), set, set);
      Tensor going = state.lines(work, state.weight(), line, set);
      Tensor gradient = state.lines(work, state.gradient(line), line, set);
      Tensor energy = state.energy(work, line, going, gradient);
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

  /** Small sets, together: many of them in each transfer from the device. */
  private final class Small {
    private final List<Integer> where = new ArrayList<>();
    private final List<int[]> sets = new ArrayList<>();

    void add(int index, int[] set) {
      where.add(index);
      sets.add(set);
    }

    void into(double[] costs) {
      double[][] energies = state.asRows(line) ? new double[sets.size()][] : columnBlocks();
      for (int first = 0, after; first < sets.size(); first = after) {
        after = first + 1;
        int members = sets.get(first).length;
        while (after < sets.size() && members + sets.get(after).length <= CHUNK) {
          members += sets.get(after++).length;
        }
        List<int[]> some = sets.subList(first, after);
        int[] all = some.stream().flatMapToInt(Arrays::stream).toArray();
        double[] curvature = values(state.curvature(line), all, all);
        if (state.asRows(line)) {
          addRowBlocks(some, all, energies, first);
        }
        for (int i = first, at = 0; i < after; at += sets.get(i++).length) {
          int size = sets.get(i).length;
          double[] block = block(curvature, all.length, at, size);
          costs[where.get(i)] = 0.5 * trace(block, energies[i], size);
        }
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

    private double[] values(Tensor from, int[] rows, int[] columns) {
      try (TensorScope work = new TensorScope(device)) {
        return device.values(gathered(work, from, rows, columns));
      }
    }

    /** {@code size} rows and columns of a matrix from a place of its diagonal on. */
    private static double[] block(double[] matrix, int width, int at, int size) {
      double[] block = new double[size * size];
      for (int i = 0; i < size; i++) {
        System.arraycopy(matrix, (at + i) * width + at, block, i * size, size);
      }
      return block;
    }

    private void addRowBlocks(List<int[]> some, int[] all, double[][] blocks, int first) {
      int width = state.weight().columns();
      double[] weight = values(state.weight(), all, null);
      double[] gradient = values(state.gradient(line), all, null);
      int at = 0;
      for (int i = 0; i < some.size(); i++) {
        blocks[first + i] = products(some.get(i).length, width, at, weight, gradient);
        at += some.get(i).length * width;
      }
    }

    private static double[] products(
        int size, int width, int at, double[] weight, double[] gradient) {
      double[] block = new double[size * size];
      for (int a = 0; a < size; a++) {
        int left = at + a * width;
        int b = 0;
        // Sums of their own side by side: one alone waits for each of its additions.
        for (; b + 2 < size; b += 3) {
          int right = at + b * width;
          double first = 0;
          double second = 0;
          double third = 0;
          for (int c = 0; c < width; c++) {
            double each = weight[left + c];
            first += each * gradient[right + c];
            second += each * gradient[right + width + c];
            third += each * gradient[right + 2 * width + c];
          }
          block[a * size + b] = first;
          block[a * size + b + 1] = second;
          block[a * size + b + 2] = third;
        }
        for (; b < size; b++) {
          double sum = 0;
          for (int c = 0; c < width; c++) {
            sum += weight[left + c] * gradient[at + b * width + c];
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
