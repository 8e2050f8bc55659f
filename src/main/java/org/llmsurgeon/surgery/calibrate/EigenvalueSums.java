package org.llmsurgeon.surgery.calibrate;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.accumulate.EigenvalueAccumulator;
import org.llmsurgeon.curvature.accumulate.TokenShape;
import org.llmsurgeon.model.config.LinearShape;

/** Corrected eigenvalues of EKFAC, in the bases that the factors of the pass before have. */
final class EigenvalueSums extends PairSums<EigenvalueSums.Sum> {
  private final Device device;
  private final FactorSource earlier;

  /** A sum, and the bases that it is seen in. */
  record Sum(EigenvalueAccumulator accumulator, TensorScope bases) {}

  /**
   * @param device where the sums are kept
   * @param keys which ones
   * @param earlier the bases
   */
  EigenvalueSums(Device device, List<FactorKey> keys, FactorSource earlier) {
    super(device, keys);
    this.device = device;
    this.earlier = earlier;
  }

  @Override
  FactorKey key(LinearShape layer) {
    return FactorPlan.eigenvalues(layer);
  }

  @Override
  Sum open(LinearShape layer) {
    TensorScope bases = new TensorScope(device);
    EigenvalueAccumulator accumulator =
        new EigenvalueAccumulator(
            device,
            directions(FactorPlan.basisG(layer), bases),
            directions(FactorPlan.basisA(layer), bases),
            new TokenShape(layer.inputs(), layer.bias()));
    return new Sum(accumulator, bases);
  }

  /** The eigenvectors without their eigenvalues. */
  private Tensor directions(FactorKey key, TensorScope bases) {
    int[] columns = IntStream.range(0, key.size()).toArray();
    Tensor directions = bases.empty(Precision.SINGLE, key.size(), key.size());
    try (Tensor basis = earlier.load(key, device)) {
      device.gather(basis, null, columns, directions);
    }
    return directions;
  }

  @Override
  void add(Sum sum, LinearShape layer, Tensor input, Tensor gradient) {
    sum.accumulator().add(input, gradient);
  }

  @Override
  Tensor total(FactorKey key, Sum sum) {
    return sum.accumulator().sum();
  }

  @Override
  String description(FactorKey key) {
    return "sum of eigenvalues";
  }

  @Override
  void close(Sum sum) {
    sum.accumulator().close();
    sum.bases().close();
  }
}
