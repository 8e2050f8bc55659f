package org.llmsurgeon.surgery.operate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.EigenBasis;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;

/**
 * The eigenvectors of a layer's live factors as they are kept between the passes of EKFAC: in
 * single precision, over all rows and columns of the layer.
 *
 * @param device where everything lives
 * @param layer the layer
 * @param surgery knows what is live
 */
record StoredBasis(Device device, LinearShape layer, ElementSurgery surgery) {
  /**
   * Solves both eigenproblems; all 0 where nothing is live. The caller owns the tensors.
   *
   * @param inputs the layer before, which may have the same inputs
   */
  Map<FactorKey, Tensor> make(InputBasis inputs) {
    Map<FactorKey, Tensor> made = new LinkedHashMap<>();
    FactorKey basisG = FactorPlan.basisG(layer);
    FactorKey basisA = FactorPlan.basisA(layer);
    if (isDead()) {
      made.put(basisG, zeros(basisG));
      made.put(basisA, zeros(basisA));
      return made;
    }
    KroneckerFactors factors = surgery.liveFactors();
    try (Tensor g = device.empty(Precision.DOUBLE, factors.g().rows(), factors.g().columns())) {
      device.copy(factors.g(), g);
      double[] values = device.eigen(g);
      made.put(basisG, wide(basisG, g, values, surgery.liveRows()));
    }
    inputs.solve(device, layer.inputGroup(), surgery.liveColumns(), factors.a());
    made.put(basisA, wide(basisA, inputs.directions(), inputs.values(), surgery.liveColumns()));
    return made;
  }

  private boolean isDead() {
    return surgery.liveRows().length == 0 || surgery.liveColumns().length == 0;
  }

  private Tensor zeros(FactorKey key) {
    return device.zeros(Precision.SINGLE, key.size(), key.columns());
  }

  private Tensor wide(FactorKey key, Tensor directions, double[] values, int[] live) {
    Tensor wide = zeros(key);
    try (TensorScope work = new TensorScope(device)) {
      int[] rows = range(live.length);
      Tensor single = work.empty(Precision.SINGLE, live.length, live.length);
      device.copy(directions, single);
      device.scatter(single, rows, live, wide);
      Tensor column = work.own(device.tensor(Precision.SINGLE, live.length, 1, values));
      device.scatter(column, rows, new int[] {key.size()}, wide);
    }
    return wide;
  }

  /**
   * EKFAC over what is live.
   *
   * @param scope owns what it is made of
   * @param factors bases and corrected eigenvalues
   */
  NonProductCurvature.Form form(TensorScope scope, FactorSource factors) {
    int[] rows = surgery.liveRows();
    int[] columns = surgery.liveColumns();
    Tensor g = scope.own(factors.load(FactorPlan.basisG(layer), device));
    Tensor a = scope.own(factors.load(FactorPlan.basisA(layer), device));
    Tensor all = scope.own(factors.load(FactorPlan.eigenvalues(layer), device));
    EigenBasis basis =
        new EigenBasis(
            part(scope, g, range(rows.length), rows),
            values(scope, g, rows.length),
            part(scope, a, range(columns.length), columns),
            values(scope, a, columns.length));
    Tensor corrected = part(scope, all, range(rows.length), range(columns.length));
    return NonProductCurvature.ekfac(device, layer.name(), basis, corrected);
  }

  private double[] values(TensorScope scope, Tensor stored, int count) {
    return device.values(part(scope, stored, range(count), new int[] {stored.columns() - 1}));
  }

  private Tensor part(TensorScope scope, Tensor from, int[] rows, int[] columns) {
    Tensor single = scope.empty(Precision.SINGLE, rows.length, columns.length);
    device.gather(from, rows, columns, single);
    Tensor exact = scope.empty(Precision.DOUBLE, rows.length, columns.length);
    device.copy(single, exact);
    return exact;
  }

  private static int[] range(int count) {
    return IntStream.range(0, count).toArray();
  }
}
