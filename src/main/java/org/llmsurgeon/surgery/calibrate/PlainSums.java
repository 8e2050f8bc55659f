package org.llmsurgeon.surgery.calibrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.FactorAccumulator;
import org.llmsurgeon.model.config.LinearShape;

/** Outer products of what the layers show, every token the same. */
final class PlainSums implements CalibrationSums {
  private final Device device;
  private final Map<FactorKey, FactorAccumulator> sums = new LinkedHashMap<>();

  /**
   * @param device where the sums are kept
   * @param keys which ones
   */
  PlainSums(Device device, List<FactorKey> keys) {
    this.device = device;
    keys.forEach(key -> sums.put(key, null));
  }

  @Override
  public void inputs(List<LinearShape> layers, Tensor input) {
    LinearShape first = layers.get(0);
    add(FactorPlan.a(first), input, first.bias());
  }

  @Override
  public void outputGradients(LinearShape layer, Tensor gradient) {
    add(FactorPlan.g(layer), gradient, false);
  }

  private void add(FactorKey key, Tensor rows, boolean bias) {
    if (sums.containsKey(key)) {
      sums.computeIfAbsent(key, missing -> new FactorAccumulator(device, rows.columns(), bias))
          .add(rows);
    }
  }

  @Override
  public void finish(List<FactorKey> keys, int draws, SumReceiver receiver) {
    for (FactorKey key : keys) {
      Tensor packed = device.empty(Precision.SINGLE, 1, Math.toIntExact(key.packedSize()));
      try (FactorAccumulator sum = sums.remove(key)) {
        sum.checkFinite(key.layer(), key.kind().name());
        if (key.kind() == FactorKind.G && draws > 1) {
          device.scale(1.0 / draws, sum.sum());
        }
        device.copy(sum.sum(), packed);
      } catch (RuntimeException failure) {
        packed.close();
        throw failure;
      }
      receiver.take(key, packed);
    }
  }

  @Override
  public void close() {
    sums.values().stream().filter(sum -> sum != null).forEach(FactorAccumulator::close);
  }
}
