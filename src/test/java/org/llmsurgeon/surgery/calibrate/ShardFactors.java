package org.llmsurgeon.surgery.calibrate;

import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Tensor;

/**
 * What one shard of calibration windows adds to the factors: sums over its tokens, rounded once to
 * single precision.
 *
 * @param packed for each factor its packed lower triangle {@code [1, n (n + 1) / 2]}, in the order
 *     of {@link FactorPlan#keys}
 * @param tokens tokens of the shard
 * @param losses mean cross-entropy of each window, nats; empty where no loss was computed
 */
public record ShardFactors(Map<FactorKey, Tensor> packed, long tokens, double[] losses)
    implements AutoCloseable {
  /** The factors, in order. */
  public List<FactorKey> keys() {
    return List.copyOf(packed.keySet());
  }

  @Override
  public void close() {
    packed.values().forEach(Tensor::close);
  }
}
