package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerOutline;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * One linear layer in one shot: what each of its rows and columns costs, and the weight without
 * those selected. Inverses are computed when first needed and kept: a cut that takes only dead
 * structure, or all of the layer, needs none. Not for use by several threads.
 *
 * <p>Dead rows and columns (method, section 1) take no part in costs, inverses, damping constants
 * and updates. They cost 0. Selected, they become 0; not selected, they keep their weights, so that
 * exactly what was selected is removed.
 *
 * <p>Single weights that are 0 already, as an earlier run may have left them, stay 0 in an update,
 * unless they are no more than {@link ElementMask#SCATTERED}. Costs do not know of them.
 */
public final class LayerSurgery implements AutoCloseable {
  private final Device device;
  private final String name;
  private final Tensor weight;
  private final LiveLayer live;

  /**
   * Finds the dead structure and takes it out.
   *
   * @param device where everything lives
   * @param name name of the layer, for messages
   * @param weight {@code [out, in]}, the bias as last column where there is one; either precision;
   *     must stay open and unchanged while this is used
   * @param factors curvature of the layer; must stay open and unchanged while this is used
   * @param damping relative damping of {@code G} and {@code A}
   * @throws NonFiniteException if weight or factors hold a number that is not finite
   */
  public LayerSurgery(
      Device device, String name, Tensor weight, KroneckerFactors factors, Damping damping) {
    this(device, name, weight, factors, LayerDamping.relative(damping));
  }

  /**
   * As above, for a layer whose units are costed.
   *
   * @param damping relative damping of {@code G} and {@code A}, and of {@code G} in column costs
   */
  public LayerSurgery(
      Device device, String name, Tensor weight, KroneckerFactors factors, UnitDamping damping) {
    this(device, name, weight, factors, LayerDamping.of(damping));
  }

  /**
   * As above, damped in any way.
   *
   * @param damping from diagonals to what is added to them
   */
  public LayerSurgery(
      Device device, String name, Tensor weight, KroneckerFactors factors, LayerDamping damping) {
    checkSizes(name, weight, factors.a().rows(), factors.g().rows());
    this.device = device;
    this.name = name;
    this.weight = weight;
    this.live = new LiveLayer(device, name, weight, factors, damping);
  }

  /**
   * A layer that stands by: none of its lines is costed, and nothing goes that others read. So all
   * but {@link #cut} of such rows, and what is known without a product, is refused.
   *
   * @param outline of its factors, which need not be there
   * @param damping relative damping of {@code G} and {@code A}
   * @throws NonFiniteException if weight or factors hold a number that is not finite
   */
  public LayerSurgery(
      Device device, String name, Tensor weight, KroneckerOutline outline, UnitDamping damping) {
    checkSizes(name, weight, outline.a().diagonal().length, outline.g().diagonal().length);
    this.device = device;
    this.name = name;
    this.weight = weight;
    this.live = new LiveLayer(device, name, weight, outline, LayerDamping.of(damping));
  }

  private static void checkSizes(String name, Tensor weight, int sizeA, int sizeG) {
    if (sizeG != weight.rows() || sizeA != weight.columns()) {
      throw new IllegalArgumentException(
          String.format(
              "layer %s: G of size %d and A of size %d for a weight [%d, %d]",
              name, sizeG, sizeA, weight.rows(), weight.columns()));
    }
  }

  /** The layer without its dead structure. */
  public LiveLayer live() {
    return live;
  }

  /** Rows that have no effect on the loss, ascending. */
  public int[] deadRows() {
    return others(live.outputs().live(), weight.rows());
  }

  /** Columns that have no effect on the loss, ascending. */
  public int[] deadColumns() {
    return others(live.inputs().live(), weight.columns());
  }

  /** What damping adds to the diagonal of {@code G}, in {@code G}'s unit. */
  public double dampingConstantG() {
    return live.outputs().dampingConstant();
  }

  /** What damping adds to the diagonal of {@code A}, in {@code A}'s unit. */
  public double dampingConstantA() {
    return live.inputs().dampingConstant();
  }

  /** How well {@code G} and {@code A} could be inverted so far, in this order. */
  public List<FactorHealth> health() {
    return List.of(live.outputs().health(weight.rows()), live.inputs().health(weight.columns()));
  }

  /**
   * Costs of all rows and columns (method, section 2).
   *
   * @param kind which formula; {@link CostKind#OBD} needs no inverse
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   * @throws NonFiniteException if a cost is not finite
   */
  public StructureCosts costs(CostKind kind) {
    LineCosts costs = new LineCosts(device, live);
    boolean diagonalOnly = kind == CostKind.OBD && live.diagonalInputs();
    double[] rows = diagonalOnly ? costs.rowsOfElements() : costs.rows(kind);
    double[] columns = costs.columns(kind);
    return new StructureCosts(
        name,
        finite("row", live.outputs().spread(rows, weight.rows())),
        finite("column", live.inputs().spread(columns, weight.columns())),
        gone());
  }

  /** Rows and columns that have no effect on the loss. */
  public Selection dead() {
    return new Selection(deadRows(), deadColumns());
  }

  /** Those among the dead rows and columns whose weights are all 0. */
  public Selection gone() {
    double[] rows = device.rowDots(weight, weight);
    double[] columns = device.columnDots(weight, weight);
    return new Selection(zeros(rows), zeros(columns));
  }

  /** How many single weights are 0. */
  public long zeros() {
    return ElementMask.ofZeros(device, weight).count();
  }

  private static int[] zeros(double[] values) {
    return IntStream.range(0, values.length).filter(i -> values[i] == 0).toArray();
  }

  /**
   * The weight without the selected rows and columns, which are exactly 0 in it.
   *
   * @param selection what goes, dead structure included
   * @param kind how the rest makes up for it
   * @return a new tensor {@code [out, in]} in double, owned by the caller
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   * @throws NonFiniteException if an updated weight is not finite
   */
  public Tensor cut(Selection selection, UpdateKind kind) {
    selection.checkWithin(weight.rows(), weight.columns());
    try (TensorScope work = new TensorScope(device)) {
      Tensor result = work.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.copy(weight, result);
      if (changesRest(selection)) {
        withoutFree(
            selection,
            read -> {
              update(work, read, selection, kind, result);
              return result;
            });
      }
      zero(work, selection, result);
      NonFiniteException.check(device, result, name, "updated weight");
      return work.release(result);
    }
  }

  private void update(
      TensorScope work, LiveLayer layer, Selection selection, UpdateKind kind, Tensor result) {
    int[] rows = layer.outputs().positions(selection.rows());
    int[] columns = layer.inputs().positions(selection.columns());
    if (rows.length < layer.outputs().size() && columns.length < layer.inputs().size()) {
      Tensor updated =
          work.empty(Precision.DOUBLE, layer.weight().rows(), layer.weight().columns());
      device.copy(layer.weight(), updated);
      new LineUpdate(device, layer, kind).apply(rows, columns, updated);
      if (kind != UpdateKind.NONE) {
        keepZeros(layer, new Selection(rows, columns), kind, updated);
      }
      device.scatter(updated, layer.outputs().live(), layer.inputs().live(), result);
    }
  }

  /**
   * Takes back what an update gave to weights that were 0 by a pattern. The joint update is made up
   * for that by conjugate gradients, from where it is.
   */
  private void keepZeros(LiveLayer layer, Selection going, UpdateKind kind, Tensor updated) {
    ElementMask zeros = ElementMask.ofPattern(device, layer.weight());
    if (zeros.count() == 0) {
      return;
    }
    ElementMask gone = zeros.or(ElementMask.of(going, zeros.rows(), zeros.columns()));
    if (kind == UpdateKind.JOINT) {
      new FullUpdate(device, name, new LiveOperator(device, layer), ElementUpdate.Full.DEFAULT)
          .from(gone, layer.weight(), updated);
    }
    gone.clear(device, updated);
  }

  /**
   * What the quadratic model says a change of the weight adds to the loss: {@code 1/2 tr(G D A
   * D^T)} with damped {@code G} and {@code A}, {@code D} the change. {@link UpdateKind#JOINT} makes
   * it as small as the selection allows. Dead structure does not count.
   *
   * @param changed {@code [out, in]}, for example what {@link #cut} gave
   */
  public double quadraticCost(Tensor changed) {
    return quadraticCost(changed, live);
  }

  /**
   * As {@link #quadraticCost(Tensor)}, without the rows that nobody reads any more, which cost
   * nothing.
   *
   * @param changed what {@link #cut} gave
   * @param selection what was cut
   */
  public double quadraticCost(Tensor changed, Selection selection) {
    return changesRest(selection)
        ? withoutFree(selection, read -> quadraticCost(changed, read))
        : 0;
  }

  /**
   * Whether any line is selected that others may read. If not, {@link #cut} needs no more than an
   * outline of the factors.
   */
  public static boolean mayChangeRest(Selection selection) {
    return selection.columns().length > 0 || selection.rows().length > selection.freeRows().length;
  }

  /** Whether anything goes that others read, so that it costs and the rest makes up for it. */
  private boolean changesRest(Selection selection) {
    return live.inputs().positions(selection.columns()).length > 0
        || live.outputs().positions(selection.rows()).length
            > live.outputs().positions(selection.freeRows()).length;
  }

  /** Works on the layer without the rows that nobody reads any more; copied only where some are. */
  private <T> T withoutFree(Selection selection, Function<LiveLayer, T> work) {
    if (selection.freeRows().length == 0) {
      return work.apply(live);
    }
    try (LiveLayer read = live.withoutRows(selection.freeRows())) {
      return work.apply(read);
    }
  }

  private double quadraticCost(Tensor changed, LiveLayer layer) {
    int[] rows = layer.outputs().live();
    int[] columns = layer.inputs().live();
    try (TensorScope work = new TensorScope(device)) {
      Tensor difference = work.empty(Precision.DOUBLE, rows.length, columns.length);
      device.copy(LiveLayer.inDouble(work, changed, rows, columns), difference);
      device.add(-1, layer.weight(), difference);
      Tensor left = work.empty(Precision.DOUBLE, rows.length, columns.length);
      device.copy(difference, left);
      device.multiply(
          1, layer.outputs().matrix(), difference, layer.outputs().dampingConstant(), left);
      Tensor right = work.empty(Precision.DOUBLE, rows.length, columns.length);
      device.copy(difference, right);
      device.multiply(
          1, difference, layer.inputs().matrix(), layer.inputs().dampingConstant(), right);
      return 0.5 * Arrays.stream(device.rowDots(left, right)).sum();
    }
  }

  private void zero(TensorScope work, Selection selection, Tensor result) {
    int[] rows = selection.rows();
    int[] columns = selection.columns();
    Tensor zeroRows = work.zeros(Precision.DOUBLE, rows.length, result.columns());
    device.scatter(zeroRows, rows, null, result);
    Tensor zeroColumns = work.zeros(Precision.DOUBLE, result.rows(), columns.length);
    device.scatter(zeroColumns, null, columns, result);
  }

  private double[] finite(String structure, double[] costs) {
    for (int i = 0; i < costs.length; i++) {
      if (!Double.isFinite(costs[i])) {
        throw new NonFiniteException(name, "cost of " + structure + " " + i);
      }
    }
    return costs;
  }

  private static int[] others(int[] indices, int size) {
    return IntStream.range(0, size).filter(i -> Arrays.binarySearch(indices, i) < 0).toArray();
  }

  @Override
  public void close() {
    live.close();
  }
}
