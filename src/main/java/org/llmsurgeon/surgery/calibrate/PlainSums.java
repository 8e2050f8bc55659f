package org.llmsurgeon.surgery.calibrate;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.FactorAccumulator;
import org.llmsurgeon.model.config.LinearShape;

/** Outer products of what the layers show, every token the same. */
final class PlainSums implements CalibrationSums {
  private final Device device;
  private final Map<FactorKey, FactorAccumulator> sums = new LinkedHashMap<>();
  private final Map<FactorKey, Long> reached = new HashMap<>();

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
    if (first.ofExpert()) {
      reached.merge(FactorPlan.reached(first), (long) input.rows(), Long::sum);
    }
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
      if (key.kind() == FactorKind.REACHED) {
        double tokens = reached.getOrDefault(key, 0L);
        receiver.take(key, device.tensor(Precision.SINGLE, 1, 1, tokens));
      } else {
        receiver.take(key, rounded(key, draws));
      }
    }
  }

  private Tensor rounded(FactorKey key, int draws) {
    Tensor packed = device.zeros(Precision.SINGLE, 1, Math.toIntExact(key.packedSize()));
    try (FactorAccumulator sum = sums.remove(key)) {
      // Of an expert that no token reached there is none.
      if (sum != null) {
        sum.checkFinite(key.layer(), key.kind().name());
        if (key.kind() == FactorKind.G && draws > 1) {
          device.scale(1.0 / draws, sum.sum());
        }
        device.copy(sum.sum(), packed);
      }
      return packed;
    } catch (RuntimeException failure) {
      packed.close();
      throw failure;
    }
  }

  @Override
  public void close() {
    sums.values().stream().filter(sum -> sum != null).forEach(FactorAccumulator::close);
  }
}
