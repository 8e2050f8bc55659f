package org.llmsurgeon.pruning.path;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LiveFactor;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.structure.LayerNeeds;
import org.llmsurgeon.pruning.structure.Line;

/**
 * A layer while structure is taken out of it round by round on the same factors (method, section 6,
 * ours). All positions count the live of the shot's start; what is gone since then stays in place
 * as zeros. With damped {@code G} and {@code A}, their inverses {@code Gi} and {@code Ai}, {@code M
 * = (G + e I) W} and {@code N = W A}, restricted to what is left; {@code e} is by how much more
 * {@code G} is damped in the costs of columns:
 *
 * <pre>
 * rows R go:     W -= Gi[:,R] S W_R,  N -= Gi[:,R] S N_R,  M -= e Gi[:,R] S W_R,  S = (Gi_RR)^-1,  cost 1/2 tr(S W_R N_R^T)
 * columns C go:  W -= W_C S Ai[C,:],  M -= M_C S Ai[C,:],  N stays,  S = (Ai_CC)^-1,  cost 1/2 tr(S W_C^T M_C)
 * rows F go free: W_F = 0,            M -= G[:,F] W_F
 * </pre>
 *
 * <p>and each inverse becomes that of the smaller factor by {@code Xi -= Xi[:,X] (Xi_XX)^-1
 * Xi[X,:]}. {@code M} and {@code N} need no product with a whole factor after the start, since an
 * optimal update leaves the gradient at what is kept as it is. A path of any number of rounds so
 * costs about as much as a few products of the layer's size.
 *
 * <p>Where all columns that are left go, {@code (Ai_CC)^-1} is the damped {@code A} of them, so the
 * cost is {@code 1/2 tr(A W^T M)}, and nothing is left to be changed.
 *
 * <p>Where nothing makes up for what goes ({@link CostKind#OBD}), {@code M = G W} and {@code N = W
 * A} without damping:
 *
 * <pre>
 * rows R go:     W_R = 0,  M -= G[:,R] W_R,  cost 1/2 tr(G_RR W_R N_R^T)
 * columns C go:  W_C = 0,  N -= W_C A[C,:],  cost 1/2 tr(A_CC W_C^T M_C)
 * </pre>
 */
final class LayerState implements AutoCloseable {
  private final Device device;
  private final String name;
  private final TensorScope scope;
  private final Tensor weight;
  private final Tensor left;
  private final Tensor right;
  private final Tensor outputs;
  private final Tensor inputs;
  private final Tensor outputInverse;
  private final Tensor inputInverse;
  private final boolean adapts;
  private final double extra;
  private final double inputDamping;
  private final boolean[] rowLives;
  private final boolean[] columnLives;
  private int rows;
  private int columns;

  LayerState(Device device, String name, LiveLayer layer, LayerNeeds needs, CostKind kind) {
    this.device = device;
    this.name = name;
    this.scope = new TensorScope(device);
    rows = layer.outputs().size();
    columns = layer.inputs().size();
    rowLives = new boolean[rows];
    columnLives = new boolean[columns];
    Arrays.fill(rowLives, true);
    Arrays.fill(columnLives, true);
    weight = copy(layer.weight());
    outputs = layer.outputs().matrix();
    adapts = kind == CostKind.OBS;
    inputs = adapts || !layer.diagonalInputs() ? layer.inputs().matrix() : diagonal(layer.inputs());
    // The inverses first: they settle how much damping there is.
    boolean rowInverse = adapts && needs.rowCosts();
    outputInverse = rowInverse ? copy(layer.outputs().inverse().matrix()) : null;
    boolean columnInverse = adapts && needs.columnCosts();
    inputInverse = columnInverse ? copy(layer.inputs().inverse().matrix()) : null;
    double damping = adapts ? layer.columnCostDamping() : 0;
    extra = adapts ? damping - layer.outputs().dampingConstant() : 0;
    left = needs.columnCosts() ? leftProduct(damping) : null;
    boolean damped = adapts && (needs.rowCosts() || needs.columnCosts());
    inputDamping = damped ? layer.inputs().dampingConstant() : 0;
    right = needs.rowCosts() ? rightProduct(inputDamping) : null;
  }

  private Tensor diagonal(LiveFactor factor) {
    int size = factor.size();
    double[] values = new double[size * size];
    double[] diagonal = factor.curvature(CostKind.OBD);
    for (int i = 0; i < size; i++) {
      values[i * size + i] = diagonal[i];
    }
    return scope.own(device.tensor(Precision.DOUBLE, size, size, values));
  }

  private Tensor copy(Tensor from) {
    Tensor to = scope.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  /** {@code (G + damping) W}. */
  private Tensor leftProduct(double damping) {
    Tensor product = copy(weight);
    device.multiply(1, outputs, weight, damping, product);
    return product;
  }

  /** {@code W (A + damping)}. */
  private Tensor rightProduct(double damping) {
    Tensor product = copy(weight);
    device.multiply(1, weight, inputs, damping, product);
    return product;
  }

  /** Rows that are left. */
  int rows() {
    return rows;
  }

  /** Columns that are left. */
  int columns() {
    return columns;
  }

  /** Weights that are left. */
  long weights() {
    return (long) rows * columns;
  }

  boolean lives(Line line, int position) {
    return line == Line.ROW ? rowLives[position] : columnLives[position];
  }

  /**
   * The updated weight over the live of the shot's start, zeros where it is gone; not to be
   * written.
   */
  Tensor weight() {
    return weight;
  }

  /**
   * {@code N} for rows, {@code M} for columns: what a line's weights are multiplied with for its
   * cost.
   */
  Tensor gradient(Line line) {
    return line == Line.ROW ? right : left;
  }

  /** Whether what stays makes up for what goes. */
  boolean adapts() {
    return adapts;
  }

  /** The inverse {@code Xi} of a factor where the rest adapts, else the factor {@code X} itself. */
  Tensor curvature(Line line) {
    if (adapts) {
      return line == Line.ROW ? outputInverse : inputInverse;
    }
    return line == Line.ROW ? outputs : inputs;
  }

  /**
   * Costs of every row or column alone, {@code 1/2 (w . gradient) / Xi_ii}, or times {@code X_ii}
   * where nothing adapts; 0 where it is gone.
   */
  double[] costs(Line line) {
    double[] dots =
        line == Line.ROW ? device.rowDots(weight, right) : device.columnDots(weight, left);
    double[] diagonal = device.diagonal(curvature(line));
    for (int i = 0; i < dots.length; i++) {
      double along = adapts ? 1 / diagonal[i] : diagonal[i];
      dots[i] = lives(line, i) ? 0.5 * dots[i] * along : 0;
    }
    return dots;
  }

  /**
   * Takes rows out that nobody reads any more.
   *
   * @param positions live rows, ascending
   */
  void removeFree(int[] positions) {
    if (positions.length == 0) {
      return;
    }
    try (TensorScope work = new TensorScope(device)) {
      if (left != null) {
        Tensor coupling = gather(work, outputs, null, positions);
        Tensor going = gather(work, weight, positions, null);
        device.multiply(-1, coupling, going, 1, left);
      }
      if (outputInverse != null) {
        shrink(work, outputInverse, positions);
      }
    }
    forget(Line.ROW, positions);
  }

  /**
   * Takes rows out and lets the others make up for them, where they do.
   *
   * @param positions live rows, ascending
   * @return the exact joint cost
   */
  double removeRows(int[] positions) {
    if (positions.length == 0) {
      return 0;
    }
    double cost;
    if (!adapts) {
      cost = new BlockCosts(device, this, Line.ROW).joint(positions);
      removeFree(positions);
      return cost;
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor block = factorised(work, outputInverse, positions);
      Tensor coupling = gather(work, outputInverse, null, positions);
      Tensor solvedWeight = gather(work, weight, positions, null);
      Tensor solvedGradient = gather(work, right, positions, null);
      device.solveCholesky(block, solvedWeight);
      cost = 0.5 * Arrays.stream(device.rowDots(solvedWeight, solvedGradient)).sum();
      device.solveCholesky(block, solvedGradient);
      device.multiply(-1, coupling, solvedWeight, 1, weight);
      device.multiply(-1, coupling, solvedGradient, 1, right);
      if (left != null && extra > 0) {
        device.multiply(-extra, coupling, solvedWeight, 1, left);
      }
      shrink(work, outputInverse, positions);
    }
    forget(Line.ROW, positions);
    return cost;
  }

  /**
   * Takes columns out and lets the others make up for them, where they do.
   *
   * @param positions live columns, ascending
   * @return the exact joint cost
   */
  double removeColumns(int[] positions) {
    if (positions.length == 0) {
      return 0;
    }
    double cost;
    if (adapts && positions.length == columns) {
      cost = allColumnsCost();
      forget(Line.COLUMN, positions);
      return cost;
    }
    if (!adapts) {
      cost = new BlockCosts(device, this, Line.COLUMN).joint(positions);
      removeAlone(positions);
      return cost;
    }
    try (TensorScope work = new TensorScope(device)) {
      Tensor block = factorised(work, inputInverse, positions);
      Tensor solved = gather(work, inputInverse, positions, null);
      Tensor goingWeight = gather(work, weight, null, positions);
      Tensor goingGradient = gather(work, left, null, positions);
      Tensor energy = work.empty(Precision.DOUBLE, positions.length, positions.length);
      device.multiply(1, goingWeight.transposed(), goingGradient, 0, energy);
      device.solveCholesky(block, energy);
      cost = 0.5 * Arrays.stream(device.diagonal(energy)).sum();
      device.solveCholesky(block, solved);
      device.multiply(-1, goingWeight, solved, 1, weight);
      device.multiply(-1, goingGradient, solved, 1, left);
      shrink(work, inputInverse, positions);
    }
    forget(Line.COLUMN, positions);
    return cost;
  }

  /** The joint cost of all columns that are left; what is gone is 0 in the weight. */
  double allColumnsCost() {
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = work.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.copy(weight, product);
      device.multiply(1, weight, inputs, inputDamping, product);
      return 0.5 * Arrays.stream(device.rowDots(product, left)).sum();
    }
  }

  /** Takes columns out for which nothing makes up. */
  private void removeAlone(int[] positions) {
    if (right != null) {
      try (TensorScope work = new TensorScope(device)) {
        Tensor coupling = gather(work, inputs, positions, null);
        Tensor going = gather(work, weight, null, positions);
        device.multiply(-1, going, coupling, 1, right);
      }
    }
    forget(Line.COLUMN, positions);
  }

  /**
   * The inverse of the factor without some positions, by a Schur complement; zeros in their place.
   */
  private void shrink(TensorScope work, Tensor inverse, int[] positions) {
    Tensor block = factorised(work, inverse, positions);
    Tensor coupling = gather(work, inverse, null, positions);
    Tensor solved = gather(work, inverse, positions, null);
    device.solveCholesky(block, solved);
    device.multiply(-1, coupling, solved, 1, inverse);
    zero(inverse, Line.ROW, positions);
    zero(inverse, Line.COLUMN, positions);
  }

  private Tensor factorised(TensorScope work, Tensor inverse, int[] positions) {
    Tensor block = gather(work, inverse, positions, positions);
    double[] diagonal = device.diagonal(block);
    int pivot = device.cholesky(block);
    if (pivot >= 0) {
      throw new NotPositiveDefiniteException(
          "The inverse of a factor of " + name + " where it is removed", pivot, diagonal);
    }
    return block;
  }

  private void forget(Line line, int[] positions) {
    zero(weight, line, positions);
    if (line == Line.ROW && right != null) {
      zero(right, line, positions);
    }
    if (left != null) {
      zero(left, line, positions);
    }
    boolean[] lives = line == Line.ROW ? rowLives : columnLives;
    for (int position : positions) {
      if (!lives[position]) {
        throw new IllegalStateException(line + " " + position + " of " + name + " is gone");
      }
      lives[position] = false;
    }
    rows -= line == Line.ROW ? positions.length : 0;
    columns -= line == Line.COLUMN ? positions.length : 0;
  }

  private void zero(Tensor matrix, Line line, int[] positions) {
    boolean byRow = line == Line.ROW;
    int height = byRow ? positions.length : matrix.rows();
    int width = byRow ? matrix.columns() : positions.length;
    try (Tensor zeros = device.zeros(Precision.DOUBLE, height, width)) {
      device.scatter(zeros, byRow ? positions : null, byRow ? null : positions, matrix);
    }
  }

  private Tensor gather(TensorScope work, Tensor from, int[] rowsOf, int[] columnsOf) {
    int height = rowsOf == null ? from.rows() : rowsOf.length;
    int width = columnsOf == null ? from.columns() : columnsOf.length;
    Tensor to = work.empty(Precision.DOUBLE, height, width);
    device.gather(from, rowsOf, columnsOf, to);
    return to;
  }

  @Override
  public void close() {
    scope.close();
  }
}
