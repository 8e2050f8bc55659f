package org.llmsurgeon.surgery.correct;

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
 * <p>The ridge, {@code damp-a} of the mean diagonal, holds back weights that the data does not
 * tell; it pulls towards the weights as they are, so the error never grows. All in double. Time:
 * {@code |K|^3 / 3} for each set of kept columns: one where rows and columns are gone, one a row
 * where single weights are; memory: four matrices {@code [n, n]}.
 */
public final class LayerRefit {
  /** Rows that are transposed at a time: the heap holds no whole matrix. */
  private static final int STRIP = 32;

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
   * @param weight the new weight, or the old one where rounding would have made it worse; the
   *     caller owns it
   * @param gain by how much the sum of the squared errors of the outputs fell, at least 0
   */
  public record Result(LayerWeight weight, double gain) {}

  /**
   * Refits the layer.
   *
   * @param dense weights before the first shot
   * @param pruned weights as they are; what is gone stays 0
   * @param moments what the layer reads
   * @throws InputException if the data cannot tell the weights with the recipe's damping
   */
  public Result refit(WeightSource dense, WeightSource pruned, Moments moments) {
    try (TensorScope scope = new TensorScope(device);
        LayerWeight before = LayerWeight.load(device, layer, pruned);
        LayerWeight target = LayerWeight.load(device, layer, dense)) {
      Tensor weight = scope.own(before.augmented(device));
      Tensor wanted = scope.own(target.augmented(device));
      Tensor residual = scope.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.multiply(1, wanted, moments.cross(), 0, residual);
      device.multiply(-1, weight, moments.own(), 1, residual);
      Tensor changed = scope.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.copy(weight, changed);
      ElementMask gone =
          sparse ? ElementMask.ofZeros(device, weight) : ElementMask.ofPattern(device, weight);
      addChange(moments.own(), residual, gone, changed);
      LayerWeight rounded = LayerWeight.split(device, layer, changed);
      try (Tensor now = rounded.augmented(device)) {
        double gain = gain(weight, now, residual, moments.own());
        if (gain >= 0) {
          return new Result(rounded, gain);
        }
      }
      rounded.close();
      return new Result(LayerWeight.split(device, layer, weight), 0);
    }
  }

  /** {@code E(W) - E(W + D) = 2 tr(D R^T) - tr(D H D^T)} with {@code R = C - W H}. */
  private double gain(Tensor weight, Tensor now, Tensor residual, Tensor own) {
    try (Tensor change = device.empty(Precision.DOUBLE, now.rows(), now.columns());
        Tensor product = device.empty(Precision.DOUBLE, now.rows(), now.columns())) {
      device.copy(now, change);
      device.add(-1, weight, change);
      device.multiply(1, change, own, 0, product);
      double linear = Arrays.stream(device.rowDots(change, residual)).sum();
      double gain = 2 * linear - Arrays.stream(device.rowDots(change, product)).sum();
      if (!Double.isFinite(gain)) {
        throw new NonFiniteException(layer.name(), "refit of the weights that stay");
      }
      return gain;
    }
  }

  /** {@code W <- W + D}, with {@code D} as in the formula above. */
  private void addChange(Tensor own, Tensor residual, ElementMask gone, Tensor weight) {
    double ridge = damping * Arrays.stream(device.diagonal(own)).average().orElse(0);
    if (ridge == 0) {
      return; // without damping nothing is told from nothing, and inputs of 0 tell nothing
    }
    try (TensorScope scope = new TensorScope(device)) {
      Tensor right = transposed(scope, residual);
      Tensor change = scope.zeros(Precision.DOUBLE, right.rows(), right.columns());
      patterns(gone)
          .forEach(
              (kept, rows) ->
                  solve(own, ridge, new Block(indices(kept), indices(rows)), right, change));
      device.add(1, transposed(scope, change), weight);
    }
  }

  /** Rows that keep the same columns. */
  private record Block(int[] columns, int[] rows) {}

  private void solve(Tensor own, double ridge, Block block, Tensor right, Tensor change) {
    if (block.columns.length == 0) {
      return;
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor factor = work.empty(Precision.DOUBLE, block.columns.length, block.columns.length);
      device.gather(own, block.columns, block.columns, factor);
      device.addDiagonal(factor, ridge);
      requireFactor(device.cholesky(factor));
      Tensor solved = work.empty(Precision.DOUBLE, block.columns.length, block.rows.length);
      device.gather(right, block.columns, block.rows, solved);
      device.solveCholesky(factor, solved);
      device.scatter(solved, block.columns, block.rows, change);
    }
  }

  private static int[] indices(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Kept columns, and the rows that keep just these. */
  private static Map<List<Integer>, List<Integer>> patterns(ElementMask gone) {
    Map<List<Integer>, List<Integer>> patterns = new LinkedHashMap<>();
    for (int row = 0; row < gone.rows(); row++) {
      int of = row;
      List<Integer> kept =
          IntStream.range(0, gone.columns())
              .filter(column -> !gone.removed(of, column))
              .boxed()
              .toList();
      patterns.computeIfAbsent(kept, none -> new ArrayList<>()).add(row);
    }
    return patterns;
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
