package org.llmsurgeon.pruning.element;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Rows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;

/**
 * What removing each single weight of a layer would add to the loss: {@code 1/2 W_rc^2 k_rc}, with
 * {@code k_rc} the curvature along it (method, section 2); 0 for those that are 0 already, the
 * smallest cost above it for dead ones.
 */
public final class ElementCosts implements CostMatrix {
  private final Device device;
  private final String layer;
  private final Tensor weight;
  private final Rows weightRows;
  private final int columns;
  private final Curvature curvature;
  private final double[] weights;

  /** Writes the curvature along each weight of a row. */
  private interface Curvature {
    void read(int row, double[] into);
  }

  private ElementCosts(Device device, PrunableLayer of, boolean keepBias, Curvature curvature) {
    this.device = device;
    this.layer = of.name();
    this.weight = of.weight();
    this.columns = keepBias ? of.inputs() : weight.columns();
    this.curvature = curvature;
    this.weightRows = Rows.of(device, weight);
    this.weights = new double[weight.columns()];
  }

  /**
   * Costs from a product of curvatures.
   *
   * @param device where the weight lives
   * @param of the layer
   * @param curvature along rows and columns
   * @param keepBias whether biases are no candidates
   */
  public static ElementCosts of(
      Device device, PrunableLayer of, ElementCurvature curvature, boolean keepBias) {
    Tensor weight = of.weight();
    double[] byRow = curvature.rows();
    double[] byColumn = curvature.columns();
    if (byRow.length != weight.rows() || byColumn.length != weight.columns()) {
      throw new IllegalArgumentException(
          String.format(
              "layer %s: curvature along %d rows and %d columns for a weight [%d, %d]",
              of.name(), byRow.length, byColumn.length, weight.rows(), weight.columns()));
    }
    return new ElementCosts(
        device,
        of,
        keepBias,
        (row, into) -> {
          for (int column = 0; column < into.length; column++) {
            into[column] = byRow[row] * byColumn[column];
          }
        });
  }

  /**
   * Costs from any curvature, as {@link org.llmsurgeon.curvature} kinds that are no product give
   * it.
   *
   * @param device where the tensors live
   * @param of the layer
   * @param curvature {@code [out, in]} like the weight: along each weight, 0 where it is dead; must
   *     stay open and unchanged while the costs are used
   * @param keepBias whether biases are no candidates
   */
  public static ElementCosts of(
      Device device, PrunableLayer of, Tensor curvature, boolean keepBias) {
    Tensor weight = of.weight();
    if (curvature.rows() != weight.rows() || curvature.columns() != weight.columns()) {
      throw new IllegalArgumentException(
          String.format(
              "layer %s: curvature [%d, %d] for a weight [%d, %d]",
              of.name(), curvature.rows(), curvature.columns(), weight.rows(), weight.columns()));
    }
    Rows rows = Rows.of(device, curvature);
    return new ElementCosts(device, of, keepBias, rows::read);
  }

  @Override
  public String layer() {
    return layer;
  }

  @Override
  public int rows() {
    return weight.rows();
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public int weightsOfCandidate() {
    return 1;
  }

  @Override
  public void read(int row, double[] costs, int[] taken) {
    if (costs.length != columns) {
      throw new IllegalArgumentException(costs.length + " costs of " + columns + " weights");
    }
    curvature.read(row, costs);
    weightRows.read(row, weights);
    for (int column = 0; column < columns; column++) {
      double cost = 0.5 * weights[column] * weights[column] * costs[column];
      if (!(cost >= 0 && cost < Double.POSITIVE_INFINITY)) {
        throw new NonFiniteException(layer, "cost of weight [" + row + ", " + column + "]");
      }
      // What is gone already goes before what merely has no effect, so that zeros that stay zeros
      // take no room from others.
      costs[column] = weights[column] == 0 ? 0 : Math.max(Double.MIN_VALUE, cost);
      taken[column] = weights[column] == 0 ? 0 : 1;
    }
  }

  @Override
  public ElementMask select(CostCut cut) {
    ElementMask mask = new ElementMask(weight.rows(), weight.columns());
    CostCut.Walk walk = cut.walk();
    double[] costs = new double[columns];
    int[] taken = new int[columns];
    for (int row = 0; row < weight.rows(); row++) {
      read(row, costs, taken);
      for (int column = 0; column < columns; column++) {
        boolean goes = walk.takes(costs[column], taken[column]);
        if (goes || weights[column] == 0) {
          mask.remove(row, column);
        }
      }
    }
    return mask;
  }

  /**
   * All costs as a matrix {@code [out, columns]}; the caller owns it.
   *
   * @param precision its number format
   */
  public Tensor matrix(Precision precision) {
    Tensor matrix = device.empty(precision, weight.rows(), columns);
    try {
      int[] taken = new int[columns];
      Rows.fill(device, matrix, (row, costs) -> read(row, costs, taken));
      return matrix;
    } catch (RuntimeException failure) {
      matrix.close();
      throw failure;
    }
  }
}
