package org.llmsurgeon.surgery;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.EigenvalueAccumulator;
import org.llmsurgeon.curvature.TokenShape;
import org.llmsurgeon.model.LinearShape;

/** Corrected eigenvalues of EKFAC, in the bases that the factors of the pass before have. */
final class EigenvalueSums extends PairSums<EigenvalueAccumulator> {
  private final Device device;
  private final FactorSource earlier;
  private final TensorScope bases;

  /**
   * @param device where the sums are kept
   * @param keys which ones
   * @param earlier the bases
   */
  EigenvalueSums(Device device, List<FactorKey> keys, FactorSource earlier) {
    super(device, keys);
    this.device = device;
    this.earlier = earlier;
    this.bases = new TensorScope(device);
  }

  @Override
  FactorKey key(LinearShape layer) {
    return FactorPlan.eigenvalues(layer);
  }

  @Override
  EigenvalueAccumulator open(LinearShape layer) {
    return new EigenvalueAccumulator(
        device,
        directions(FactorPlan.basisG(layer)),
        directions(FactorPlan.basisA(layer)),
        new TokenShape(layer.inputs(), layer.bias()));
  }

  /** The eigenvectors without their eigenvalues. */
  private Tensor directions(FactorKey key) {
    int[] columns = IntStream.range(0, key.size()).toArray();
    Tensor directions = bases.empty(Precision.SINGLE, key.size(), key.size());
    try (Tensor basis = earlier.load(key, device)) {
      device.gather(basis, null, columns, directions);
    }
    return directions;
  }

  @Override
  void add(EigenvalueAccumulator sum, LinearShape layer, Tensor input, Tensor gradient) {
    sum.add(input, gradient);
  }

  @Override
  Tensor total(FactorKey key, EigenvalueAccumulator sum) {
    return sum.sum();
  }

  @Override
  String description(FactorKey key) {
    return "sum of eigenvalues";
  }

  @Override
  void close(EigenvalueAccumulator sum) {
    sum.close();
  }

  @Override
  public void close() {
    super.close();
    bases.close();
  }
}
