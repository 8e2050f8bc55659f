package org.llmsurgeon.surgery.calibrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;

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
  /**
   * The sums of a shard, all of them in memory.
   *
   * @param model the model
   * @param pass what to gather
   * @param factors of the passes before
   * @param data the shard's tokens
   */
  public static ShardFactors of(
      LanguageModel model, FactorPass pass, FactorSource factors, Calibration.Data data) {
    Map<FactorKey, Tensor> packed = new LinkedHashMap<>();
    pass.keys(model.config()).forEach(key -> packed.put(key, null));
    try {
      Calibration.Seen seen = new Calibration(model, pass, factors).accumulate(data, packed::put);
      return new ShardFactors(packed, seen.tokens(), seen.losses());
    } catch (RuntimeException failure) {
      packed.values().stream().filter(Objects::nonNull).forEach(Tensor::close);
      throw failure;
    }
  }

  /** The factors, in order. */
  public List<FactorKey> keys() {
    return List.copyOf(packed.keySet());
  }

  @Override
  public void close() {
    packed.values().forEach(Tensor::close);
  }
}
