package org.llmsurgeon.surgery;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.curvature.TokenShape;
import org.llmsurgeon.curvature.WeightedAccumulator;
import org.llmsurgeon.model.LinearShape;

/**
 * Half a step of the power iteration: outer products of one side of the layers, weighed by the
 * other side of the same token (algorithm section 1).
 */
final class WeightedSums implements CalibrationSums {
  private final Device device;
  private final FactorPass pass;
  private final FactorSource earlier;
  private final Set<FactorKey> keys;
  private final Map<FactorKey, Sum> sums = new LinkedHashMap<>();

  /** A sum, and the matrix that weighs its tokens. */
  private record Sum(WeightedAccumulator accumulator, Tensor weighing) implements AutoCloseable {
    @Override
    public void close() {
      accumulator.close();
      weighing.close();
    }
  }

  /**
   * @param device where the sums are kept
   * @param pass a pass with weights
   * @param keys which of its sums
   * @param earlier what weighs the tokens
   */
  WeightedSums(Device device, FactorPass pass, List<FactorKey> keys, FactorSource earlier) {
    this.device = device;
    this.pass = pass;
    this.earlier = earlier;
    this.keys = Set.copyOf(keys);
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
    FactorKey key = pass.summed(layer);
    if (!keys.contains(key)) {
      return;
    }
    boolean ofGradients = key.kind() == FactorKind.G;
    sums.computeIfAbsent(key, missing -> open(layer, ofGradients))
        .accumulator()
        .add(ofGradients ? gradient : input, ofGradients ? input : gradient);
  }

  private Sum open(LinearShape layer, boolean ofGradients) {
    TokenShape inputs = new TokenShape(layer.inputs(), layer.bias());
    TokenShape gradients = new TokenShape(layer.outputs(), false);
    Tensor weighing = weighing(layer);
    WeightedAccumulator accumulator =
        ofGradients
            ? new WeightedAccumulator(device, gradients, inputs, weighing)
            : new WeightedAccumulator(device, inputs, gradients, weighing);
    return new Sum(accumulator, weighing);
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

  /** Each double sum is given back before the next is rounded. */
  @Override
  public Map<FactorKey, Tensor> rounded(int draws) {
    Map<FactorKey, Tensor> rounded = new LinkedHashMap<>();
    for (Map.Entry<FactorKey, Sum> each : sums.entrySet()) {
      FactorKey key = each.getKey();
      try (Sum sum = each.getValue()) {
        if (pass.term() > 0) {
          subtractEarlier(key, sum);
        }
        Tensor total = sum.accumulator().sum();
        NonFiniteException.check(device, total, key.layer(), "sum of factor " + key.kind());
        device.scale(1.0 / draws, total);
        Tensor packed = device.empty(Precision.SINGLE, 1, total.columns());
        device.copy(total, packed);
        rounded.put(key, packed);
      }
      each.setValue(null);
    }
    return rounded;
  }

  @Override
  public void close() {
    sums.values().stream().filter(sum -> sum != null).forEach(Sum::close);
  }
}
