package org.llmsurgeon.surgery;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.EigenvalueAccumulator;
import org.llmsurgeon.curvature.TokenShape;
import org.llmsurgeon.model.LinearShape;

/** Corrected eigenvalues of EKFAC, in the bases that the factors of the pass before have. */
final class EigenvalueSums implements CalibrationSums {
  private final Device device;
  private final FactorSource earlier;
  private final TensorScope bases;
  private final Map<FactorKey, EigenvalueAccumulator> sums = new LinkedHashMap<>();

  /**
   * @param device where the sums are kept
   * @param keys which ones
   * @param earlier the bases
   */
  EigenvalueSums(Device device, List<FactorKey> keys, FactorSource earlier) {
    this.device = device;
    this.earlier = earlier;
    this.bases = new TensorScope(device);
    keys.forEach(key -> sums.put(key, null));
  }

  @Override
  public void inputs(List<LinearShape> layers, Tensor input) {}

  @Override
  public void outputGradients(LinearShape layer, Tensor gradient) {}

  @Override
  public boolean readsPairs() {
    return true;
  }

  @Override
  public void pair(LinearShape layer, Tensor input, Tensor gradient) {
    FactorKey key = FactorPlan.eigenvalues(layer);
    if (sums.containsKey(key)) {
      sums.computeIfAbsent(key, missing -> open(layer)).add(input, gradient);
    }
  }

  private EigenvalueAccumulator open(LinearShape layer) {
    return new EigenvalueAccumulator(
        device,
        directions(FactorPlan.basisG(layer)),
        directions(FactorPlan.basisA(layer)),
        new TokenShape(layer.inputs(), layer.bias()));
  }

  /** The eigenvectors without their eigenvalues. */
  private Tensor directions(FactorKey key) {
    int[] columns = java.util.stream.IntStream.range(0, key.size()).toArray();
    Tensor directions = bases.empty(Precision.SINGLE, key.size(), key.size());
    try (Tensor basis = earlier.load(key, device)) {
      device.gather(basis, null, columns, directions);
    }
    return directions;
  }

  /** Each double sum is given back before the next is rounded. */
  @Override
  public Map<FactorKey, Tensor> rounded(int draws) {
    Map<FactorKey, Tensor> rounded = new LinkedHashMap<>();
    for (Map.Entry<FactorKey, EigenvalueAccumulator> each : sums.entrySet()) {
      try (EigenvalueAccumulator sum = each.getValue()) {
        Tensor total = sum.sum();
        NonFiniteException.check(device, total, each.getKey().layer(), "sum of eigenvalues");
        device.scale(1.0 / draws, total);
        int elements = Math.toIntExact(total.size());
        Tensor row = device.empty(Precision.SINGLE, 1, elements);
        device.copy(total.reshape(1, elements), row);
        rounded.put(each.getKey(), row);
      }
      each.setValue(null);
    }
    return rounded;
  }

  @Override
  public void close() {
    sums.values().stream().filter(sum -> sum != null).forEach(EigenvalueAccumulator::close);
    bases.close();
  }
}
