package org.llmsurgeon.pruning.element;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureOperator;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.EigenCurvature;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.DampingConstants;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.FullUpdate;
import org.llmsurgeon.pruning.layer.LayerDamping;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.LiveLayer;
import org.llmsurgeon.pruning.layer.MaskedUpdate;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * One linear layer in one shot, of which single weights go: the curvature along each of them or
 * each N:M group, and the weight without those selected. Inverses are computed when first needed
 * and kept. Not for use by several threads.
 *
 * <p>Dead rows and columns take no part, as in {@link LayerSurgery}: their weights cost 0;
 * selected, they become 0, and not selected, they stay.
 */
public final class ElementSurgery implements AutoCloseable {
  private final Device device;
  private final String name;
  private final Tensor weight;
  private final LayerSurgery layer;
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
  public ElementSurgery(
      Device device, String name, Tensor weight, KroneckerFactors factors, Damping damping) {
    this(device, name, weight, factors, LayerDamping.relative(damping));
  }

  /**
   * The layer in a later round of the same shot, with the damping of the first.
   *
   * @param device where everything lives
   * @param name name of the layer, for messages
   * @param weight what the rounds before have left
   * @param factors curvature of the layer, the same as in the first round
   * @param damping what {@link #dampingConstants} said after the first round
   * @throws NonFiniteException if weight or factors hold a number that is not finite
   */
  public ElementSurgery(
      Device device,
      String name,
      Tensor weight,
      KroneckerFactors factors,
      DampingConstants damping) {
    this(device, name, weight, factors, LayerDamping.fixed(damping));
  }

  private ElementSurgery(
      Device device, String name, Tensor weight, KroneckerFactors factors, LayerDamping damping) {
    this.device = device;
    this.name = name;
    this.weight = weight;
    this.layer = new LayerSurgery(device, name, weight, factors, damping);
    this.live = layer.live();
  }

  /**
   * The layer's rows and columns, its dead structure and damping: the same object serves both ways.
   */
  public LayerSurgery layer() {
    return layer;
  }

  /** The weights that are 0. */
  public ElementMask zeros() {
    return ElementMask.ofZeros(device, weight);
  }

  /** Those among them that a cut of rows and columns keeps. */
  public ElementMask pattern() {
    return ElementMask.ofPattern(device, weight);
  }

  /** What damping adds to the factors' diagonals. */
  public DampingConstants dampingConstants() {
    return new DampingConstants(layer.dampingConstantG(), layer.dampingConstantA());
  }

  /**
   * Curvature along single weights (method, section 2).
   *
   * @param kind which formula; {@link CostKind#OBD} needs no inverse
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public ElementCurvature curvature(CostKind kind) {
    return new ElementCurvature(
        live.outputs().spread(live.outputs().curvature(kind), weight.rows()),
        live.inputs().spread(live.inputs().curvature(kind), weight.columns()));
  }

  /**
   * Joint curvature along groups of inputs, the others adapting (OBS).
   *
   * @param pattern whose groups
   * @param bias whether the last column is a bias, which belongs to no group
   * @throws org.llmsurgeon.InputException if the pattern does not fit the layer
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public JointCurvature curvature(SparsityPattern pattern, boolean bias) {
    int inputs = weight.columns() - (bias ? 1 : 0);
    pattern.checkFits(name, inputs);
    double[][] blocks = new double[inputs / pattern.size()][];
    for (int group = 0; group < blocks.length; group++) {
      int first = group * pattern.size();
      blocks[group] = block(IntStream.range(first, first + pattern.size()).toArray());
    }
    double[] outputs = live.outputs().curvature(CostKind.OBS);
    return new JointCurvature(live.outputs().spread(outputs, weight.rows()), blocks);
  }

  /** The inverse of {@code A} over some consecutive inputs, 0 where one is dead. */
  private double[] block(int[] inputs) {
    int[] positions = live.inputs().positions(inputs);
    double[] block = new double[inputs.length * inputs.length];
    Tensor inverse = live.inputs().inverse().matrix();
    double[] row = new double[positions.length];
    for (int position : positions) {
      // Live positions of consecutive inputs are consecutive too.
      long at = (long) position * inverse.columns() + positions[0];
      device.download(inverse, at, row, 0, row.length);
      int i = live.inputs().live()[position] - inputs[0];
      for (int j = 0; j < row.length; j++) {
        block[i * inputs.length + live.inputs().live()[positions[j]] - inputs[0]] = row[j];
      }
    }
    return block;
  }

  /**
   * The weight without the selected weights, which are exactly 0 in it.
   *
   * @param mask which weights go, those that went in earlier shots included
   * @param update how the rest makes up for it
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   * @throws NonFiniteException if an updated weight is not finite
   */
  public ElementCut cut(ElementMask mask, ElementUpdate update) {
    return cut(mask, () -> MaskedUpdate.of(device, name, live, update));
  }

  /**
   * As {@link #cut(ElementMask, ElementUpdate)}, under another curvature of the same live rows and
   * columns, as EKFAC's or a sum of Kronecker products. Whole rows and columns may go this way too:
   * {@link ElementMask#of(Selection, int, int)}.
   *
   * @param mask which weights go, those that went in earlier shots included
   * @param curvature over {@link #liveRows} and {@link #liveColumns}
   * @param update when to stop
   * @throws NonFiniteException if an updated weight is not finite
   */
  public ElementCut cut(ElementMask mask, CurvatureOperator curvature, ElementUpdate.Full update) {
    return cut(mask, () -> new FullUpdate(device, name, curvature, update));
  }

  private ElementCut cut(ElementMask mask, Supplier<MaskedUpdate> update) {
    mask.checkShape(weight.rows(), weight.columns());
    try (TensorScope work = new TensorScope(device)) {
      Tensor result = work.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.copy(weight, result);
      ElementMask removed = mask.over(liveRows(), liveColumns());
      MaskedUpdate.Outcome outcome = MaskedUpdate.Outcome.NOTHING_TO_DO;
      long going = removed.count();
      if (going > 0 && going < live.weight().size()) {
        Tensor updated = work.empty(Precision.DOUBLE, removed.rows(), removed.columns());
        device.copy(live.weight(), updated);
        outcome = update.get().apply(removed, updated);
        device.scatter(updated, liveRows(), liveColumns(), result);
      }
      mask.clear(device, result);
      NonFiniteException.check(device, result, name, "updated weight");
      return new ElementCut(
          work.release(result), outcome.steps(), outcome.residual(), outcome.converged());
    }
  }

  /** Rows that are not dead, ascending; not a copy, so not to be written. */
  public int[] liveRows() {
    return live.outputs().live();
  }

  /** Columns that are not dead, ascending; not a copy, so not to be written. */
  public int[] liveColumns() {
    return live.inputs().live();
  }

  /**
   * The factors without dead rows and columns, undamped, in double: what EKFAC takes its basis
   * from. They are this object's own and closed with it.
   */
  public KroneckerFactors liveFactors() {
    return new KroneckerFactors(live.inputs().matrix(), live.outputs().matrix(), 0);
  }

  /**
   * Curvature along single weights under another curvature, for {@link ElementCosts}.
   *
   * @param curvature over {@link #liveRows} and {@link #liveColumns}
   * @return {@code [out, in]}, 0 for dead ones; owned by the caller
   */
  public Tensor elementCurvature(EigenCurvature curvature) {
    Tensor full = device.zeros(Precision.DOUBLE, weight.rows(), weight.columns());
    try (Tensor part = curvature.elementCurvature()) {
      device.scatter(part, liveRows(), liveColumns(), full);
    }
    return full;
  }

  /**
   * Costs of single rows and columns under another curvature, exact.
   *
   * @param curvature over {@link #liveRows} and {@link #liveColumns}
   */
  public StructureCosts costs(EigenCurvature curvature) {
    return new StructureCosts(
        name,
        live.outputs().spread(curvature.rowCosts(live.weight()), weight.rows()),
        live.inputs().spread(curvature.columnCosts(live.weight()), weight.columns()),
        layer.gone());
  }

  /**
   * What the quadratic model says a change of the weight adds to the loss, as {@link
   * LayerSurgery#quadraticCost(Tensor)}.
   *
   * @param changed {@code [out, in]}, for example what {@link #cut} gave
   */
  public double quadraticCost(Tensor changed) {
    return layer.quadraticCost(changed);
  }

  /**
   * The same under another curvature: {@code 1/2 <D, F D>} over what is live, {@code D} the change.
   *
   * @param changed {@code [out, in]}, in double
   * @param curvature over {@link #liveRows} and {@link #liveColumns}
   */
  public double quadraticCost(Tensor changed, CurvatureOperator curvature) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor change = work.empty(Precision.DOUBLE, liveRows().length, liveColumns().length);
      device.gather(changed, liveRows(), liveColumns(), change);
      device.add(-1, live.weight(), change);
      Tensor product = work.empty(Precision.DOUBLE, change.rows(), change.columns());
      curvature.times(change, product);
      return 0.5 * Arrays.stream(device.rowDots(change, product)).sum();
    }
  }

  @Override
  public void close() {
    layer.close();
  }
}
