package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.DoubleStream;
import org.llmsurgeon.checkpoint.FactorDescription;
import org.llmsurgeon.checkpoint.FactorFileWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorSum;

/**
 * Sums the shards of every factor on the driver, in the order of the shards, and writes the means.
 * Shards are read in panels of a megabyte; of the results one factor is in memory at a time, {@code
 * 6 n^2} bytes outside the heap: 1.2 GB for the largest factor of a model with 14,336 neurons.
 */
final class Reduction {
  private final RunDirectory run;
  private final int shot;
  private final List<FactorKey> keys;
  private final List<ShardRecord> shards;
  private final long tokens;
  private final Device device = ExecutorDevice.shared();

  /**
   * A reduction.
   *
   * @param run run directory
   * @param shot from 1
   * @param keys all factors, in order
   * @param shards all records, sorted by shard
   */
  Reduction(RunDirectory run, int shot, List<FactorKey> keys, List<ShardRecord> shards) {
    this.run = run;
    this.shot = shot;
    this.keys = keys;
    this.shards = shards;
    this.tokens =
        shards.stream()
            .filter(shard -> shard.group().index() == 0)
            .mapToLong(ShardRecord::tokens)
            .sum();
  }

  /** Tokens that the means are over. */
  long tokens() {
    return tokens;
  }

  /** Mean loss of the calibration windows, in nats, or null where none was computed. */
  Double meanLoss() {
    double[] losses =
        shards.stream()
            .filter(shard -> shard.group().index() == 0)
            .flatMapToDouble(shard -> DoubleStream.of(shard.losses()))
            .toArray();
    return losses.length == 0 ? null : DoubleStream.of(losses).sum() / losses.length;
  }

  /**
   * Reduces all factors.
   *
   * @param progress told of each
   * @return where they are, in order
   * @throws ArithmeticException if a mean is not finite, naming layer and factor
   */
  List<FactorsManifest.Factor> run(Progress progress) {
    List<FactorsManifest.Factor> factors = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      factors.add(reduce(i));
      progress.taskFinished();
    }
    return factors;
  }

  private FactorsManifest.Factor reduce(int factor) {
    FactorKey key = keys.get(factor);
    List<ShardRecord> parts =
        shards.stream()
            .filter(each -> each.group().from() <= factor && factor < each.group().to())
            .toList();
    String path =
        RunDirectory.inShot(shot, "factors/" + key.label() + "-" + UUID.randomUUID() + ".arrow");
    try (Tensor full = device.empty(Precision.SINGLE, key.size(), key.size())) {
      int elements = Math.toIntExact(key.packedSize());
      try (Tensor packed = device.empty(Precision.SINGLE, 1, elements);
          ShardReader reader = new ShardReader(run, parts, factor)) {
        mean(key, reader, packed);
        device.unpack(packed, full);
      }
      write(key, full, run.resolve(path));
    }
    return new FactorsManifest.Factor(key, path);
  }

  private void mean(FactorKey key, ShardReader reader, Tensor packed) {
    float[] panel = new float[(int) Math.min(ShardFile.PANEL, packed.size())];
    for (long at = 0; at < packed.size(); at += panel.length) {
      int count = (int) Math.min(panel.length, packed.size() - at);
      FactorSum sum = new FactorSum(key, count, tokens);
      for (int i = 0; i < reader.shards(); i++) {
        reader.read(i, at, panel, count);
        sum.add(panel);
      }
      sum.mean(panel);
      device.upload(panel, 0, packed, at, count);
    }
    reader.checkIntact();
  }

  private void write(FactorKey key, Tensor full, String path) {
    FactorDescription description =
        new FactorDescription(key.layer(), key.kind().name(), key.size(), tokens, Map.of());
    int size = key.size();
    int panelRows = Math.max(1, Math.min(size, ShardFile.PANEL / size));
    float[] panel = new float[panelRows * size];
    try (FactorFileWriter writer = new FactorFileWriter(run.storage(), path, description)) {
      for (int row = 0; row < size; row += panelRows) {
        int rows = Math.min(panelRows, size - row);
        device.download(full, (long) row * size, panel, 0, rows * size);
        writer.write(panel, rows);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be written", failure);
    }
  }
}
