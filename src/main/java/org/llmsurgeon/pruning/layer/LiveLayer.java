package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.InverseStore;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerOutline;

/**
 * A layer without its dead structure (method, section 1): a column is dead if {@code A_cc = 0} or
 * its weights are all 0, a row if {@code G_rr = 0} or its weights are all 0. What is left is what
 * every cost and update works on.
 */
public final class LiveLayer implements AutoCloseable {
  private final TensorScope scope;
  private final Tensor weight;
  private final LiveFactor outputs;
  private final LiveFactor inputs;
  private final double columnCosts;
  private final boolean diagonalInputs;

  LiveLayer(
      Device device, String name, Tensor full, KroneckerFactors factors, LayerDamping damping) {
    this.scope = new TensorScope(device);
    NonFiniteException.check(device, full, name, "weight");
    NonFiniteException.check(device, factors.a(), name, "factor A");
    NonFiniteException.check(device, factors.g(), name, "factor G");
    Tensor exact = exact(full);
    int[] rows = live(device.diagonal(factors.g()), device.rowDots(exact, exact));
    int[] columns = live(device.diagonal(factors.a()), device.columnDots(exact, exact));
    this.weight = inDouble(scope, exact, rows, columns);
    InverseStore inverses = factors.inverses();
    this.outputs =
        new LiveFactor(device, "G of " + name, factors.g(), rows, damping.outputs(), inverses);
    this.inputs =
        new LiveFactor(device, "A of " + name, factors.a(), columns, damping.inputs(), inverses);
    this.columnCosts = damping.columnCosts().applyAsDouble(outputs.curvature(CostKind.OBD));
    this.diagonalInputs = factors.kind() == CurvatureKind.ACTIVATIONS;
  }

  LiveLayer(
      Device device, String name, Tensor full, KroneckerOutline outline, LayerDamping damping) {
    this.scope = new TensorScope(device);
    NonFiniteException.check(device, full, name, "weight");
    if (!Double.isFinite(outline.a().norm()) || !Double.isFinite(outline.g().norm())) {
      throw new NonFiniteException(name, "factor");
    }
    Tensor exact = exact(full);
    int[] rows = live(outline.g().diagonal(), device.rowDots(exact, exact));
    int[] columns = live(outline.a().diagonal(), device.columnDots(exact, exact));
    this.weight = inDouble(scope, exact, rows, columns);
    this.outputs = new LiveFactor(device, "G of " + name, outline.g(), rows, damping.outputs());
    this.inputs = new LiveFactor(device, "A of " + name, outline.a(), columns, damping.inputs());
    this.columnCosts = 0;
    this.diagonalInputs = false;
  }

  /** In double, so that the square of a tiny weight is not 0. */
  private Tensor exact(Tensor full) {
    return inDouble(scope, full, range(full.rows()), range(full.columns()));
  }

  private LiveLayer(LiveLayer whole, int[] keptRows) {
    this.scope = new TensorScope(whole.scope.device());
    int[] columns = range(whole.weight.columns());
    this.weight = inDouble(scope, whole.weight, keptRows, columns);
    this.outputs = whole.outputs.keeping(keptRows);
    this.inputs = whole.inputs.keeping(columns);
    this.columnCosts = whole.columnCosts;
    this.diagonalInputs = whole.diagonalInputs;
  }

  /**
   * The layer without rows that nobody reads any more: they leave before anything is inverted, so
   * that they make up for nothing.
   *
   * @param freeRows indices of rows in the full weight, ascending
   */
  public LiveLayer withoutRows(int[] freeRows) {
    // A part of the whole, also where it is all of it: closing it must leave the whole open.
    int[] gone = outputs.positions(freeRows);
    int[] kept =
        IntStream.range(0, outputs.size()).filter(i -> Arrays.binarySearch(gone, i) < 0).toArray();
    return new LiveLayer(this, kept);
  }

  /** {@code [live rows, live columns]} in double; not to be written. */
  public Tensor weight() {
    return weight;
  }

  /** The factor of the rows, {@code G}. */
  public LiveFactor outputs() {
    return outputs;
  }

  /** The factor of the columns, {@code A}. */
  public LiveFactor inputs() {
    return inputs;
  }

  /**
   * What is added to the diagonal of {@code G} where columns are costed as parts of units: the
   * damping of its inverse, or more.
   */
  public double columnCostDamping() {
    return Math.max(columnCosts, outputs.dampingConstant());
  }

  /** Whether {@link CostKind#OBD} looks at the diagonal of {@code A} alone. */
  public boolean diagonalInputs() {
    return diagonalInputs;
  }

  /**
   * Some rows and columns in double: the tensor itself where that is all of it, else a new one that
   * the scope owns.
   */
  public static Tensor inDouble(TensorScope scope, Tensor full, int[] rows, int[] columns) {
    Device device = scope.device();
    Tensor part = full;
    if (rows.length < full.rows() || columns.length < full.columns()) {
      part = scope.empty(full.precision(), rows.length, columns.length);
      device.gather(full, rows, columns, part);
    }
    if (part.precision() == Precision.DOUBLE) {
      return part;
    }
    Tensor exact = scope.empty(Precision.DOUBLE, part.rows(), part.columns());
    device.copy(part, exact);
    return exact;
  }

  private static int[] live(double[] curvature, double[] squaredNorms) {
    return IntStream.range(0, curvature.length)
        .filter(i -> curvature[i] != 0 && squaredNorms[i] != 0)
        .toArray();
  }

  private static int[] range(int size) {
    return IntStream.range(0, size).toArray();
  }

  @Override
  public void close() {
    inputs.close();
    outputs.close();
    scope.close();
  }
}
