package org.llmsurgeon.pruning;

import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.NonFiniteException;

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

  /**
   * Curvature along single weights (algorithm section 2).
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
    mask.checkShape(weight.rows(), weight.columns());
    try (TensorScope work = new TensorScope(device)) {
      Tensor result = work.empty(Precision.DOUBLE, weight.rows(), weight.columns());
      device.copy(weight, result);
      int[] rows = live.outputs().live();
      int[] columns = live.inputs().live();
      ElementMask removed = mask.over(rows, columns);
      MaskedUpdate.Outcome outcome = MaskedUpdate.Outcome.NOTHING_TO_DO;
      long going = removed.count();
      if (going > 0 && going < live.weight().size()) {
        Tensor updated = work.empty(Precision.DOUBLE, rows.length, columns.length);
        device.copy(live.weight(), updated);
        outcome = MaskedUpdate.of(device, name, live, update).apply(removed, updated);
        device.scatter(updated, rows, columns, result);
      }
      mask.clear(device, result);
      NonFiniteException.check(device, result, name, "updated weight");
      return new ElementCut(
          work.release(result), outcome.steps(), outcome.residual(), outcome.converged());
    }
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

  @Override
  public void close() {
    layer.close();
  }
}
