package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** Costs of single rows and columns of a live weight (method, section 2). */
final class LineCosts {
  private final Device device;
  private final LiveLayer layer;

  LineCosts(Device device, LiveLayer layer) {
    this.device = device;
    this.layer = layer;
  }

  /** {@code 1/2 (w_r A w_r^T) k_r}, with {@code k} the curvature along output {@code r}. */
  double[] rows(CostKind kind) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = emptyLike(work, layer.weight());
      device.multiply(1, layer.weight(), layer.inputs().matrix(), 0, product);
      return half(device.rowDots(product, layer.weight()), layer.outputs().curvature(kind));
    }
  }

  /** {@code 1/2 (w_c^T G w_c) k_c}, with {@code k} the curvature along input {@code c}. */
  double[] columns(CostKind kind) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = emptyLike(work, layer.weight());
      device.multiply(1, layer.outputs().matrix(), layer.weight(), 0, product);
      return half(device.columnDots(product, layer.weight()), layer.inputs().curvature(kind));
    }
  }

  /** {@code 1/2 sum_c W_rc^2 A_cc G_rr}: the costs of a row's elements, each alone, added. */
  double[] rowsOfElements() {
    try (TensorScope work = new TensorScope(device)) {
      Tensor weight = layer.weight();
      Tensor squares = emptyLike(work, weight);
      device.copy(weight, squares);
      device.multiplyElements(weight, squares);
      Tensor inputs =
          work.own(
              device.tensor(
                  Precision.DOUBLE, weight.columns(), 1, layer.inputs().curvature(CostKind.OBD)));
      Tensor sums = work.empty(Precision.DOUBLE, weight.rows(), 1);
      device.multiply(1, squares, inputs, 0, sums);
      return half(device.values(sums), layer.outputs().curvature(CostKind.OBD));
    }
  }

  // Quadratic forms of positive semi-definite matrices: rounding below 0 must not rank a live
  // structure before the dead ones. Math.max keeps NaN.
  private static double[] half(double[] forms, double[] curvature) {
    double[] costs = new double[forms.length];
    for (int i = 0; i < costs.length; i++) {
      costs[i] = 0.5 * Math.max(0, forms[i]) * curvature[i];
    }
    return costs;
  }

  private static Tensor emptyLike(TensorScope work, Tensor tensor) {
    return work.empty(Precision.DOUBLE, tensor.rows(), tensor.columns());
  }
}
