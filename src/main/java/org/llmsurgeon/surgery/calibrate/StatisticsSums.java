package org.llmsurgeon.surgery.calibrate;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.InputStatistics;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;

/** What the inputs of output projections and of the last layers of MLPs are like. */
final class StatisticsSums implements CalibrationSums {
  private final Device device;
  private final int[] lengths;
  private final int head;
  private final Map<FactorKey, InputStatistics> sums = new LinkedHashMap<>();

  /** How many windows each layer has seen: a batch holds some of them, whole and in order. */
  private final Map<FactorKey, Integer> seen = new HashMap<>();

  /**
   * @param device where tokens are
   * @param keys which sums
   * @param lengths tokens of each window that will be seen
   * @param head inputs of a head
   */
  StatisticsSums(Device device, List<FactorKey> keys, int[] lengths, int head) {
    this.device = device;
    this.lengths = lengths;
    this.head = head;
    keys.forEach(key -> sums.put(key, null));
  }

  @Override
  public void inputs(List<LinearShape> layers, Tensor input) {
    LinearShape layer = layers.get(0);
    FactorKey key = FactorPlan.statistics(layer);
    if (!sums.containsKey(key)) {
      return;
    }
    int member = layer.role() == LinearRole.OUTPUT ? head : 1;
    InputStatistics sum =
        sums.computeIfAbsent(key, missing -> new InputStatistics(layer.inputs(), member));
    int window = seen.getOrDefault(key, 0);
    for (int from = 0; from < input.rows(); window++) {
      int to = from + lengths[window];
      sum.add(device, input, from, to);
      from = to;
    }
    seen.put(key, window);
  }

  @Override
  public void outputGradients(LinearShape layer, Tensor gradient) {}

  @Override
  public void finish(List<FactorKey> keys, int draws, SumReceiver receiver) {
    for (FactorKey key : keys) {
      Tensor row = sums.remove(key).rounded(device);
      try {
        NonFiniteException.check(device, row, key.layer(), "statistics of the inputs");
      } catch (RuntimeException failure) {
        row.close();
        throw failure;
      }
      receiver.take(key, row);
    }
  }

  @Override
  public void close() {
    sums.clear();
  }
}
