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
    Calibration calibration = new Calibration(model, pass, this);
    List<ShardFactors> sums = new ArrayList<>();
    try {
      for (Calibration.Data shard : shards) {
        sums.add(calibration.accumulate(shard));
      }
      size =
          new CalibrationSize(
              sums.stream().mapToLong(ShardFactors::tokens).sum(),
              shards.stream().mapToInt(shard -> shard.windows().length).sum());
      for (FactorKey key : pass.keys(model.config())) {
        Tensor before = means.put(key, FactorSum.reduce(key, sums, device));
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
}
