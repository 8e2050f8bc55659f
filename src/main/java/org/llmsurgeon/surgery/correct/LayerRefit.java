package org.llmsurgeon.surgery.correct;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Least-squares refit of a layer's kept weights to the dense layer's outputs, on what the layer
 * reads in the pruned model. With {@code H = sum x x^T} and {@code C = W_dense sum d x^T}:
 *
 * <pre>
 * E(W) = sum_t |W x_t - W_dense d_t|^2 = tr(W H W^T) - 2 tr(W C^T) + constant
 * minimise  E(W + D) + ridge |D|^2,   D = 0 where a weight is gone:
 * D_r,K (H_KK + ridge I) = (C - W H)_r,K   for each row r with its kept columns K
 * </pre>
 *
 * <p>The ridge holds back weights that the data does not tell; it pulls towards the weights as they
 * are. It is that of {@code damp-a} times 1, 8, 64 and 512 of the mean diagonal with which {@code
 * E} falls most on tokens that were not fitted to (ours: with few tokens for each input, as 8,192
 * for the 1,536 of SmolLM2's widest layers, the smallest of them learns these tokens by heart).
 * Where none makes it fall the layer stays as it is. All in double. Time: {@code |K|^3 / 3} for
 * each set of kept columns, one where rows and columns are gone, one a row where single weights
 * are, and four times as much for at most 32 of them; memory: six matrices {@code [n, n]}.
 */
public final class LayerRefit {
  /** Rows that are transposed at a time: the heap holds no whole matrix. */
  private static final int STRIP = 32;

  /** What the smallest ridge is multiplied by in turn. */
  private static final double[] RIDGES = {1, 8, 64, 512};

  /**
   * Of the mean diagonal, where there is to be no damping: more than what the sums were rounded by,
   * so that the equations have one solution with fewer tokens than inputs too.
   */
  private static final double LEAST = 1e-6;

  /** Sets of kept columns that a ridge is tried on. */
  private static final int TRIED = 32;

  private final Device device;
  private final LinearShape layer;
  private final double damping;
  private final boolean sparse;

  /**
   * @param device where to compute
   * @param layer the layer
   * @param recipe with the damping of {@code A}; where it removes no single weights, scattered
   *     zeros are weights like others
   */
  public LayerRefit(Device device, LinearShape layer, Recipe recipe) {
    this.device = device;
    this.layer = layer;
    this.damping = recipe.damping().a();
    this.sparse = recipe.structures().sparse();
  }

  /**
   * Sums of {@link PairedMoments} over all shards.
   *
   * @param own {@code sum x x^T}, {@code [n, n]}, double
   * @param cross {@code sum d x^T}, {@code [n, n]}, double
   */
  public record Moments(Tensor own, Tensor cross) implements AutoCloseable {
    /**
     * Adds up shards in their order, in double.
     *
     * @param device where they live
     * @param size rows and columns
     * @param shards for each the packed and the cross sum of the layer's input group; read one at a
     *     time
     */
    public static Moments sum(Device device, int size, Iterable<List<Tensor>> shards) {
      Tensor own = device.empty(Precision.DOUBLE, size, size);
      Tensor cross = device.zeros(Precision.DOUBLE, size, size);
      Moments moments = new Moments(own, cross);
      int triangle = Math.toIntExact((long) size * (size + 1) / 2);
      try (Tensor packed = device.zeros(Precision.DOUBLE, 1, triangle)) {
        for (List<Tensor> shard : shards) {
          device.add(1, shard.get(0), packed);
          device.add(1, shard.get(1), cross);
        }
        device.unpack(packed, own);
        return moments;
      } catch (RuntimeException failure) {
        moments.close();
        throw failure;
      }
    }

    @Override
    public void close() {
      own.close();
      cross.close();
    }
  }

  /**
   * A refit.
   *
   * @param weight the new weight, or the old one where that is better on what judges; the caller
   *     owns it
   * @param gain by how much the sum of the squared errors of the outputs fell on what judges, at
   *     least 0
   */
  public record Result(LayerWeight weight, double gain) {}

  /**
   * Refits the layer.
   *
   * @param dense weights before the first shot
   * @param pruned weights as they are; what is gone stays 0
   * @param fit what the layer reads, to be fitted to
   * @param judge what it reads elsewhere
   * @throws InputException if the data cannot tell the weights with the recipe's damping
   */
  public Result refit(WeightSource dense, WeightSource pruned, Moments fit, Moments judge) {
    try (TensorScope scope = new TensorScope(device);
        LayerWeight before = LayerWeight.load(device, layer, pruned);
        LayerWeight target = LayerWeight.load(device, layer, dense)) {
      Tensor weight = scope.own(before.augmented(device));
      Tensor wanted = scope.own(target.augmented(device));
      Goal goal = new Goal(fit.own(), transposed(scope, residual(scope, wanted, weight, fit)));
      Judge judged = new Judge(judge.own(), residual(scope, wanted, weight, judge));
      ElementMask gone =
          sparse ? ElementMask.ofZeros(device, weight) : ElementMask.ofPattern(device, weight);
      List<Block> blocks = blocks(gone);
      double ridge = ridge(goal, judged, blocks);
      if (ridge > 0) {
        Tensor changed = change(scope, goal, ridge, blocks);
        device.add(1, weight, changed);
        LayerWeight rounded = LayerWeight.split(device, layer, changed);
        double gain = gain(weight, rounded, judged);
        if (gain >= 0) {
          return new Result(rounded, gain);
        }
        rounded.close();
      }
      return new Result(LayerWeight.split(device, layer, weight), 0);
    }
  }

  /** {@code R = C - W H}, {@code [out, n]}. */
  private Tensor residual(TensorScope scope, Tensor wanted, Tensor weight, Moments moments) {
    Tensor residual = scope.empty(Precision.DOUBLE, weight.rows(), weight.columns());
    device.multiply(1, wanted, moments.cross(), 0, residual);
    device.multiply(-1, weight, moments.own(), 1, residual);
    return residual;
  }

  /**
   * What is fitted to.
   *
   * @param own {@code H}
   * @param right {@code R^T}
   */
  private record Goal(Tensor own, Tensor right) {}

  /**
   * What a refit is judged by.
   *
   * @param own {@code H}
   * @param residual {@code R}
   */
  private record Judge(Tensor own, Tensor residual) {}

  /**
   * How many systems of equations are solved to choose a ridge.
   *
   * @param patterns sets of kept columns
   */
  public static int tries(int patterns) {
    return RIDGES.length * Math.min(TRIED, patterns);
  }

  /** The ridge of the largest gain where it is tried; 0 where none gains. */
  private double ridge(Goal goal, Judge judged, List<Block> blocks) {
    double mean = Arrays.stream(device.diagonal(goal.own())).average().orElse(0);
    if (mean == 0) {
      // Inputs of 0 tell nothing.
      return 0;
    }
    double smallest = Math.max(damping, LEAST) * mean;
    int count = Math.min(TRIED, blocks.size());
    List<Block> tried =
        IntStream.range(0, count).mapToObj(i -> blocks.get(i * blocks.size() / count)).toList();
    double best = 0;
    double most = 0;
    for (double times : RIDGES) {
      try (TensorScope scope = new TensorScope(device)) {
        double gain = gain(change(scope, goal, times * smallest, tried), judged);
        if (gain > most) {
          most = gain;
          best = times * smallest;
        }
      }
    }
    return best;
  }

  private double gain(Tensor weight, LayerWeight after, Judge judged) {
    try (Tensor change = after.augmented(device)) {
      device.add(-1, weight, change);
      return gain(change, judged);
    }
  }

  /** {@code E(W) - E(W + D) = 2 tr(D R^T) - tr(D H D^T)}. */
  private double gain(Tensor change, Judge judged) {
    try (Tensor product = device.empty(Precision.DOUBLE, change.rows(), change.columns())) {
      device.multiply(1, change, judged.own(), 0, product);
      double linear = Arrays.stream(device.rowDots(change, judged.residual())).sum();
      double gain = 2 * linear - Arrays.stream(device.rowDots(change, product)).sum();
      if (!Double.isFinite(gain)) {
        throw new NonFiniteException(layer.name(), "refit of the weights that stay");
      }
      return gain;
    }
  }

  /** {@code D} of some rows, as in the formula above; others are 0. */
  private Tensor change(TensorScope scope, Goal goal, double ridge, List<Block> blocks) {
    try (Tensor turned =
        device.zeros(Precision.DOUBLE, goal.right().rows(), goal.right().columns())) {
      blocks.forEach(block -> solve(goal, ridge, block, turned));
      return transposed(scope, turned);
    }
  }

  /** Rows that keep the same columns, which are made when they are needed: a layer has millions. */
  private record Block(ElementMask gone, int[] rows) {
    int[] columns() {
      return IntStream.range(0, gone.columns())
          .filter(column -> !gone.removed(rows[0], column))
          .toArray();
    }
  }

  private void solve(Goal goal, double ridge, Block block, Tensor change) {
    int[] columns = block.columns();
    try (TensorScope work = new TensorScope(device)) {
      Tensor factor = work.empty(Precision.DOUBLE, columns.length, columns.length);
      device.gather(goal.own(), columns, columns, factor);
      device.addDiagonal(factor, ridge);
      requireFactor(device.cholesky(factor));
      Tensor solved = work.empty(Precision.DOUBLE, columns.length, block.rows.length);
      device.gather(goal.right(), columns, block.rows, solved);
      device.solveCholesky(factor, solved);
      device.scatter(solved, columns, block.rows, change);
    }
  }

  private static int[] indices(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /** All rows that keep a column. */
  private static List<Block> blocks(ElementMask gone) {
    Map<LongBuffer, List<Integer>> patterns = new LinkedHashMap<>();
    for (int row = 0; row < gone.rows(); row++) {
      if (gone.count(row) < gone.columns()) {
        patterns.computeIfAbsent(gone.pattern(row), none -> new ArrayList<>()).add(row);
      }
    }
    return patterns.values().stream().map(rows -> new Block(gone, indices(rows))).toList();
  }

  private Tensor transposed(TensorScope scope, Tensor x) {
    Tensor turned = scope.empty(Precision.DOUBLE, x.columns(), x.rows());
    for (int first = 0; first < x.rows(); first += STRIP) {
      int count = Math.min(STRIP, x.rows() - first);
      double[] rows = new double[count * x.columns()];
      device.download(x, (long) first * x.columns(), rows, 0, rows.length);
      double[] columns = new double[rows.length];
      for (int i = 0; i < rows.length; i++) {
        columns[i % x.columns() * count + i / x.columns()] = rows[i];
      }
      try (Tensor strip = device.tensor(Precision.DOUBLE, x.columns(), count, columns)) {
        device.scatter(strip, null, IntStream.range(first, first + count).toArray(), turned);
      }
    }
    return turned;
  }

  private void requireFactor(int pivot) {
    if (pivot >= 0) {
      throw new InputException(
          "The inputs of "
              + layer.name()
              + " do not tell its weights (pivot "
              + pivot
              + "); use more calibration data, or raise "
              + UpdateSettings.DAMP_A.spelled()
              + ", now "
              + damping
              + ".");
    }
  }
}
