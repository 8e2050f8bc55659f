package org.llmsurgeon.pruning.baseline;

import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.DampingLadder;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * SparseGPT (Frantar and Alistarh, ICML 2023), a baseline with its own update: columns are gone
 * through from left to right, and what a removed weight contributed to the output is made up for by
 * the columns to its right. With {@code L L^T} the damped inverse of {@code A}, the step at column
 * {@code j} is
 *
 * <pre>
 * e = W_j / L_jj where removed, else 0;   W_k -= e L_kj  for k &gt;= j
 * </pre>
 *
 * <p>Columns go in blocks. The weights to remove are chosen when a block is reached, those of least
 * {@code W_rc^2 / L_cc^2}: a share of the block over all rows together, or in each N:M group when
 * its first column is reached. Columns right of a block are updated once, when it is done. Biases
 * stay as they are. Time: one inverse and {@code 2 out in^2} multiply-adds.
 */
public final class SparseGpt {
  /** Columns of a block. */
  public static final int BLOCK = 128;

  /** Share of the mean diagonal of {@code A} that is added to it. */
  public static final double DAMPING = 0.01;

  private final Device device;
  private final PrunableLayer layer;
  private final LayerSparsity sparsity;
  private final int width;
  private long removed;

  private SparseGpt(Device device, PrunableLayer layer, LayerSparsity sparsity, int block) {
    this.device = device;
    this.layer = layer;
    this.sparsity = sparsity;
    int unit = 1;
    if (sparsity instanceof SparsityPattern pattern) {
      pattern.checkFits(layer.name(), layer.inputs());
      unit = pattern.size(); // no group lies in two blocks
    }
    this.width = Math.max(1, block / unit) * unit;
  }

  /**
   * The pruned and updated weight. Weights that are 0 already stay 0 and count as removed.
   *
   * @param device where the tensors live
   * @param layer the layer
   * @param a mean of {@code a a^T} over its inputs {@code [in, in]}, or with the bias entry last,
   *     which is not used; either precision
   * @param sparsity how many go; of a share the floor over all weights
   * @return a new tensor of the weight's shape in double, owned by the caller
   * @throws org.llmsurgeon.InputException if a pattern does not fit the layer
   * @throws NotPositiveDefiniteException if {@code A} has no damped inverse
   * @throws NonFiniteException if an updated weight is not finite
   */
  public static Tensor prune(Device device, PrunableLayer layer, Tensor a, LayerSparsity sparsity) {
    return prune(device, layer, a, sparsity, BLOCK);
  }

  /** As {@link #prune(Device, PrunableLayer, Tensor, LayerSparsity)}, with blocks of any width. */
  static Tensor prune(
      Device device, PrunableLayer layer, Tensor a, LayerSparsity sparsity, int block) {
    InputFactor.check(layer, a);
    NonFiniteException.check(device, a, layer.name(), "factor A");
    SparseGpt pruning = new SparseGpt(device, layer, sparsity, block);
    try (TensorScope work = new TensorScope(device)) {
      Tensor result = work.empty(Precision.DOUBLE, layer.outputs(), layer.weight().columns());
      device.copy(layer.weight(), result);
      Tensor factor = pruning.factor(work, a);
      for (int first = 0; first < layer.inputs(); first += pruning.width) {
        pruning.block(first, Math.min(layer.inputs(), first + pruning.width), factor, result);
      }
      NonFiniteException.check(device, result, layer.name(), "updated weight");
      return work.release(result);
    }
  }

  /**
   * {@code L} over all columns of the weight; 0 for dead inputs and the bias, which stand alone.
   */
  private Tensor factor(TensorScope scope, Tensor a) {
    double[] diagonal = device.diagonal(a);
    int[] live = IntStream.range(0, layer.inputs()).filter(i -> diagonal[i] != 0).toArray();
    int columns = layer.weight().columns();
    Tensor factor = scope.zeros(Precision.DOUBLE, columns, columns);
    try (TensorScope work = new TensorScope(device)) {
      Tensor part = LiveLayer.inDouble(work, a, live, live);
      Tensor lower = work.empty(Precision.DOUBLE, live.length, live.length);
      String name = "A of " + layer.name();
      double constant = DampedInverse.constant(device.diagonal(part), DAMPING);
      try (DampedInverse inverse =
          DampedInverse.ofConstant(device, name, part, constant, DampingLadder.DEFAULT)) {
        device.copy(inverse.matrix(), lower);
      }
      double[] inverseDiagonal = device.diagonal(lower);
      int pivot = device.cholesky(lower);
      if (pivot >= 0) {
        throw new NotPositiveDefiniteException("The inverse of " + name, pivot, inverseDiagonal);
      }
      device.scatter(lower, live, live, factor);
    }
    return factor;
  }

  /** Prunes the columns of a block and updates those right of it. */
  private void block(int first, int end, Tensor factor, Tensor result) {
    int[] columns = IntStream.range(first, end).toArray();
    try (TensorScope work = new TensorScope(device)) {
      Tensor weights = work.empty(Precision.DOUBLE, result.rows(), columns.length);
      device.gather(result, null, columns, weights);
      Tensor coupling = work.empty(Precision.DOUBLE, factor.rows(), columns.length);
      device.gather(factor, null, columns, coupling);
      SparseGptBlock block =
          new SparseGptBlock(
              device.values(weights),
              zeros(work, columns),
              device.values(coupling.rowRange(first, end)));
      removed += block.prune(sparsity, share(end) - removed);
      device.upload(block.weights(), 0, weights, 0, block.weights().length);
      device.scatter(weights, null, columns, result);
      if (end < layer.inputs()) {
        // What lies in the block is done; what lies left of it is 0 in L.
        device.scale(0, coupling.rowRange(first, end));
        double[] errors = block.errors();
        Tensor error =
            work.own(device.tensor(Precision.DOUBLE, result.rows(), columns.length, errors));
        device.multiply(-1, error, coupling.transposed(), 1, result);
      }
    }
  }

  /** Weights that are to be gone when all columns up to one are done; 0 for a pattern. */
  private long share(int columns) {
    return sparsity instanceof LayerSparsity.Share share
        ? (long) (share.share() * ((long) layer.outputs() * columns))
        : 0;
  }

  /** Which weights of some columns were 0 from the start. */
  private boolean[] zeros(TensorScope work, int[] columns) {
    Tensor original = work.empty(layer.weight().precision(), layer.outputs(), columns.length);
    device.gather(layer.weight(), null, columns, original);
    double[] values = device.values(original);
    boolean[] zeros = new boolean[values.length];
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] = values[i] == 0;
    }
    return zeros;
  }
}
