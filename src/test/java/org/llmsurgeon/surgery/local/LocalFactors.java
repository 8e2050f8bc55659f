package org.llmsurgeon.surgery.local;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.surgery.calibrate.Calibration;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.calibrate.FactorSum;
import org.llmsurgeon.surgery.calibrate.ShardFactors;

/** The mean factors of a shot in memory, gathered pass by pass. */
public final class LocalFactors implements FactorSource, AutoCloseable {
  private final Device device;
  private final Map<FactorKey, Tensor> means = new HashMap<>();
  private CalibrationSize size = CalibrationSize.NONE;

  /** No factors yet. */
  public LocalFactors(Device device) {
    this.device = device;
  }

  /**
   * Does a pass; its means take the place of those of the same name.
   *
   * @param model the model as it is now
   * @param pass what to gather
   * @param shards all shards, in order
   */
  public void gather(LanguageModel model, FactorPass pass, List<Calibration.Data> shards) {
    List<ShardFactors> sums = new ArrayList<>();
    try {
      for (Calibration.Data shard : shards) {
        sums.add(ShardFactors.of(model, pass, this, shard));
      }
      size =
          new CalibrationSize(
              sums.stream().mapToLong(ShardFactors::tokens).sum(),
              shards.stream().mapToInt(shard -> shard.windows().length).sum());
      for (FactorKey key : pass.keys(model.config())) {
        Tensor before = means.put(key, reduce(key, sums, device));
        if (before != null) {
          before.close();
        }
      }
    } finally {
      sums.forEach(ShardFactors::close);
    }
  }

  /**
   * Takes over what was made of the means.
   *
   * @param made tensors by name, in single precision
   */
  public void put(Map<FactorKey, Tensor> made) {
    made.forEach(
        (key, tensor) -> {
          Tensor before = means.put(key, tensor);
          if (before != null) {
            before.close();
          }
        });
  }

  @Override
  public Tensor load(FactorKey key, Device target) {
    Tensor mean = means.get(key);
    if (mean == null) {
      throw new IllegalArgumentException("no factor " + key.label());
    }
    Tensor copy = target.empty(Precision.SINGLE, mean.rows(), mean.columns());
    target.copy(mean, copy);
    return copy;
  }

  @Override
  public CalibrationSize size() {
    return size;
  }

  @Override
  public void close() {
    means.values().forEach(Tensor::close);
    means.clear();
  }

  /**
   * The mean factor of a list of shards held in memory.
   *
   * @param key the factor
   * @param shards all shards, in order
   * @param device where they live
   * @return full, single precision; the caller owns it
   */
  public static Tensor reduce(FactorKey key, List<ShardFactors> shards, Device device) {
    int elements = Math.toIntExact(key.packedSize());
    long tokens = shards.stream().mapToLong(ShardFactors::tokens).sum();
    FactorSum sum = new FactorSum(key, elements, tokens);
    float[] part = new float[elements];
    for (ShardFactors shard : shards) {
      device.download(shard.packed().get(key), 0, part, 0, elements);
      sum.add(part);
    }
    sum.mean(part);
    Tensor full = device.empty(Precision.SINGLE, key.size(), key.columns());
    if (!key.symmetric()) {
      device.upload(part, 0, full, 0, elements);
      return full;
    }
    try (Tensor packed = device.empty(Precision.SINGLE, 1, elements)) {
      device.upload(part, 0, packed, 0, elements);
      device.unpack(packed, full);
    }
    return full;
  }
}
