package org.llmsurgeon.pruning.path;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
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
 * <p>What goes is taken out of rows of memory: where only columns are costed, {@code W} and {@code
 * M} lie transposed ({@link ShrinkingInverse} for the inverses).
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
  private final ShrinkingInverse outputInverse;
  private final ShrinkingInverse inputInverse;
  private final boolean adapts;
  private final boolean transposed;
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
    rowLives = all(rows);
    columnLives = all(columns);
    transposed = needs.columnCosts() && !needs.rowCosts();
    // Of a layer that stands by, lines are counted, no more.
    weight = needs.costs() ? laid(layer.weight()) : null;
    outputs = needs.costs() ? layer.outputs().matrix() : null;
    adapts = kind == CostKind.OBS;
    inputs = needs.costs() ? inputs(layer) : null;
    // The inverses first: they settle how much damping there is.
    outputInverse = adapts && needs.rowCosts() ? shrinking(layer.outputs(), rowLives) : null;
    inputInverse = adapts && needs.columnCosts() ? shrinking(layer.inputs(), columnLives) : null;
    double damping = adapts ? layer.columnCostDamping() : 0;
    extra = adapts ? damping - layer.outputs().dampingConstant() : 0;
    left = needs.columnCosts() ? product(scope, Line.ROW, damping) : null;
    inputDamping = adapts && needs.costs() ? layer.inputs().dampingConstant() : 0;
    right = needs.rowCosts() ? product(scope, Line.COLUMN, inputDamping) : null;
  }

  private static boolean[] all(int lines) {
    boolean[] lives = new boolean[lines];
    Arrays.fill(lives, true);
    return lives;
  }

  /** {@code A}, or its diagonal where no more of it counts. */
  private Tensor inputs(LiveLayer layer) {
    if (adapts || !layer.diagonalInputs()) {
      return layer.inputs().matrix();
    }
    int size = layer.inputs().size();
    double[] values = new double[size * size];
    double[] diagonal = layer.inputs().curvature(CostKind.OBD);
    for (int i = 0; i < size; i++) {
      values[i * size + i] = diagonal[i];
    }
    return scope.own(device.tensor(Precision.DOUBLE, size, size, values));
  }

  private ShrinkingInverse shrinking(LiveFactor factor, boolean[] lives) {
    return new ShrinkingInverse(scope, name, copy(scope, factor.inverse().matrix()), lives);
  }

  private Tensor copy(TensorScope owner, Tensor from) {
    Tensor to = owner.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  /** A copy; transposed as a product, which is exact and costs as much as {@code G W}. */
  private Tensor laid(Tensor from) {
    if (!transposed) {
      return copy(scope, from);
    }
    Tensor to = scope.empty(Precision.DOUBLE, from.columns(), from.rows());
    try (Tensor identity = device.zeros(Precision.DOUBLE, from.rows(), from.rows())) {
      device.addDiagonal(identity, 1);
      device.multiply(1, from.transposed(), identity, 0, to);
    }
    return to;
  }

  /** {@code (G + damping) W} with the factor of rows, {@code W (A + damping)} with the other. */
  private Tensor product(TensorScope owner, Line line, double damping) {
    Tensor factor = line == Line.ROW ? outputs : inputs;
    Tensor product = copy(owner, weight);
    boolean before = asRows(line);
    device.multiply(1, before ? factor : weight, before ? weight : factor, damping, product);
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

  /** Whether the layer's rows, or columns, are rows of {@link #weight} and {@link #gradient}. */
  boolean asRows(Line line) {
    return (line == Line.ROW) != transposed;
  }

  /**
   * The updated weight over the live of the shot's start, or its transpose, zeros where it is gone;
   * not to be written.
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

  /**
   * The inverse {@code Xi} of a factor where the rest adapts, else the factor {@code X} itself; of
   * lines that are left.
   */
  Tensor curvature(Line line) {
    if (adapts) {
      return (line == Line.ROW ? outputInverse : inputInverse).matrix();
    }
    return line == Line.ROW ? outputs : inputs;
  }

  /**
   * Costs of every row or column alone, {@code 1/2 (w . gradient) / Xi_ii}, or times {@code X_ii}
   * where nothing adapts; 0 where it is gone.
   */
  double[] costs(Line line) {
    Tensor gradient = gradient(line);
    double[] dots =
        asRows(line) ? device.rowDots(weight, gradient) : device.columnDots(weight, gradient);
    double[] diagonal =
        adapts
            ? (line == Line.ROW ? outputInverse : inputInverse).diagonal()
            : device.diagonal(curvature(line));
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
        Tensor coupling = gather(work, outputs, positions, null);
        Tensor going = lines(work, weight, Line.ROW, positions);
        subtract(Line.ROW, left, coupling, going);
      }
      if (outputInverse != null) {
        outputInverse.remove(outputInverse.leaving(work, positions));
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
      ShrinkingInverse.Leaving leaving = outputInverse.leaving(work, positions);
      Tensor solvedWeight = lines(work, weight, Line.ROW, positions);
      Tensor solvedGradient = lines(work, right, Line.ROW, positions);
      device.solveCholesky(leaving.block(), solvedWeight);
      cost = 0.5 * Arrays.stream(device.rowDots(solvedWeight, solvedGradient)).sum();
      device.solveCholesky(leaving.block(), solvedGradient);
      Operand coupling = leaving.coupling().transposed();
      device.multiply(-1, coupling, solvedWeight, 1, weight);
      device.multiply(-1, coupling, solvedGradient, 1, right);
      if (left != null && extra > 0) {
        device.multiply(-extra, coupling, solvedWeight, 1, left);
      }
      outputInverse.remove(leaving);
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
      ShrinkingInverse.Leaving leaving = inputInverse.leaving(work, positions);
      Tensor goingWeight = lines(work, weight, Line.COLUMN, positions);
      Tensor goingGradient = lines(work, left, Line.COLUMN, positions);
      Tensor energy = energy(work, Line.COLUMN, goingWeight, goingGradient);
      device.solveCholesky(leaving.block(), energy);
      cost = 0.5 * Arrays.stream(device.diagonal(energy)).sum();
      subtract(Line.COLUMN, weight, leaving.solved(), goingWeight);
      subtract(Line.COLUMN, left, leaving.solved(), goingGradient);
      inputInverse.remove(leaving);
    }
    forget(Line.COLUMN, positions);
    return cost;
  }

  /** The joint cost of all columns that are left; what is gone is 0 in the weight. */
  double allColumnsCost() {
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = product(work, Line.COLUMN, inputDamping);
      return 0.5 * Arrays.stream(device.rowDots(product, left)).sum();
    }
  }

  /** Takes columns out for which nothing makes up. */
  private void removeAlone(int[] positions) {
    if (right != null) {
      try (TensorScope work = new TensorScope(device)) {
        Tensor coupling = gather(work, inputs, positions, null);
        subtract(Line.COLUMN, right, coupling, lines(work, weight, Line.COLUMN, positions));
      }
    }
    forget(Line.COLUMN, positions);
  }

  /** {@code W_R N_R^T} of rows, or {@code W_C^T M_C} of columns, that were taken out. */
  Tensor energy(TensorScope work, Line line, Tensor weights, Tensor gradients) {
    boolean asRows = asRows(line);
    int size = asRows ? weights.rows() : weights.columns();
    Tensor energy = work.empty(Precision.DOUBLE, size, size);
    Operand first = asRows ? weights : weights.transposed();
    device.multiply(1, first, asRows ? gradients.transposed() : gradients, 0, energy);
    return energy;
  }

  /**
   * Takes from a matrix what lines that go were worth to it.
   *
   * @param factor {@code [lines, all of them]}
   * @param going what {@link #lines} gave
   */
  private void subtract(Line line, Tensor matrix, Tensor factor, Tensor going) {
    if (asRows(line)) {
      device.multiply(-1, factor.transposed(), going, 1, matrix);
    } else {
      device.multiply(-1, going, factor, 1, matrix);
    }
  }

  private void forget(Line line, int[] positions) {
    zero(weight, asRows(line), positions);
    zero(left, asRows(line), positions);
    if (line == Line.ROW) {
      zero(right, asRows(line), positions);
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

  private void zero(Tensor matrix, boolean byRow, int[] positions) {
    if (matrix == null) {
      return;
    }
    int height = byRow ? positions.length : matrix.rows();
    int width = byRow ? matrix.columns() : positions.length;
    try (Tensor zeros = device.zeros(Precision.DOUBLE, height, width)) {
      device.scatter(zeros, byRow ? positions : null, byRow ? null : positions, matrix);
    }
  }

  /** Rows or columns of {@link #weight} or a gradient, laid as they are there. */
  Tensor lines(TensorScope work, Tensor from, Line line, int[] positions) {
    boolean asRows = asRows(line);
    return gather(work, from, asRows ? positions : null, asRows ? null : positions);
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
