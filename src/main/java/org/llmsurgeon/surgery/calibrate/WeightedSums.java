package org.llmsurgeon.surgery.calibrate;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.curvature.accumulate.TokenShape;
import org.llmsurgeon.curvature.accumulate.WeightedAccumulator;
import org.llmsurgeon.model.config.LinearShape;

/**
 * Half a step of the power iteration: outer products of one side of the layers, weighed by the
 * other side of the same token (method, section 1).
 */
final class WeightedSums extends PairSums<WeightedSums.Sum> {
  private final Device device;
  private final FactorPass pass;
  private final FactorSource earlier;

  /** A sum, and the matrix that weighs its tokens. */
  record Sum(WeightedAccumulator accumulator, Tensor weighing) {}

  /**
   * @param device where the sums are kept
   * @param pass a pass with weights
   * @param keys which of its sums
   * @param earlier what weighs the tokens
   */
  WeightedSums(Device device, FactorPass pass, List<FactorKey> keys, FactorSource earlier) {
    super(device, keys);
    this.device = device;
    this.pass = pass;
    this.earlier = earlier;
  }

  @Override
  FactorKey key(LinearShape layer) {
    return pass.summed(layer);
  }

  @Override
  Sum open(LinearShape layer) {
    boolean ofGradients = ofGradients(layer);
    TokenShape inputs = new TokenShape(layer.inputs(), layer.bias());
    TokenShape gradients = new TokenShape(layer.outputs(), false);
    Tensor weighing = weighing(layer);
    WeightedAccumulator accumulator =
        ofGradients
            ? new WeightedAccumulator(device, gradients, inputs, weighing)
            : new WeightedAccumulator(device, inputs, gradients, weighing);
    return new Sum(accumulator, weighing);
  }

  private boolean ofGradients(LinearShape layer) {
    return key(layer).kind() == FactorKind.G;
  }

  @Override
  void add(Sum sum, LinearShape layer, Tensor input, Tensor gradient) {
    boolean ofGradients = ofGradients(layer);
    sum.accumulator().add(ofGradients ? gradient : input, ofGradients ? input : gradient);
  }

  private Tensor weighing(LinearShape layer) {
    FactorKey key = pass.weighing(layer);
    Tensor weighing;
    if (pass.weighing() == FactorPass.Weighing.FIXED) {
      weighing = KroneckerStep.start(device, key.size(), pass.term());
    } else {
      weighing = earlier.load(key, device);
    }
    KroneckerStep.normalise(device, weighing);
    return weighing;
  }

  /**
   * Takes away what the earlier terms of a sum explain: this shard's part of it, so that the mean
   * over all shards has it taken away once.
   */
  private void subtractEarlier(FactorKey key, Sum sum) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor full = work.empty(Precision.DOUBLE, key.size(), key.size());
      device.unpack(sum.accumulator().sum(), full);
      Tensor unit = exact(work, sum.weighing());
      device.scale(sum.accumulator().tokens(), unit);
      for (int term = 0; term < pass.term(); term++) {
        Tensor summed = exact(work, work.own(earlier.load(sameSide(key, term), device)));
        Tensor other = exact(work, work.own(earlier.load(otherSide(sum, key, term), device)));
        KroneckerStep.normalise(device, key.kind() == FactorKind.G ? summed : other);
        KroneckerStep.subtract(device, full, unit, List.of(new KroneckerStep.Sides(summed, other)));
      }
      device.pack(full, sum.accumulator().sum());
    }
  }

  private static FactorKey sameSide(FactorKey key, int term) {
    return new FactorKey(key.layer(), key.kind(), key.size(), key.size(), term);
  }

  private static FactorKey otherSide(Sum sum, FactorKey key, int term) {
    FactorKind other = key.kind() == FactorKind.G ? FactorKind.A : FactorKind.G;
    int size = sum.weighing().rows();
    return new FactorKey(key.layer(), other, size, size, term);
  }

  private Tensor exact(TensorScope work, Tensor single) {
    Tensor exact = work.empty(Precision.DOUBLE, single.rows(), single.columns());
    device.copy(single, exact);
    return exact;
  }

  @Override
  Tensor total(FactorKey key, Sum sum) {
    if (pass.term() > 0) {
      subtractEarlier(key, sum);
    }
    return sum.accumulator().sum();
  }

  @Override
  String description(FactorKey key) {
    return "sum of factor " + key.kind();
  }

  @Override
  void close(Sum sum) {
    sum.accumulator().close();
    sum.weighing().close();
  }
}
