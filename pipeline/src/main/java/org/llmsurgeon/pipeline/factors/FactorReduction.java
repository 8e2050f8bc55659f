package org.llmsurgeon.pipeline.factors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.checkpoint.arrow.FactorDescription;
import org.llmsurgeon.checkpoint.arrow.FactorFileWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.MatrixFile;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorSum;

/**
 * Sums the shards of one factor, in the order of the shards, and writes the mean. The sums go
 * through a temporary file, {@code 2 n^2} bytes; in memory there are panels of them only, at most
 * {@value #ROW_PANEL} numbers and a batch of the result, whatever the size of the factor.
 *
 * @param run run directory
 * @param key the factor
 * @param factor its position among the model's
 * @param tokens tokens of all shards
 */
record FactorReduction(RunDirectory run, FactorKey key, int factor, long tokens) {
  /** Numbers of the result that are in memory at a time, or one row if that is longer. */
  private static final int ROW_PANEL = 1 << 22;

  /**
   * Reduces it.
   *
   * @param shards records that hold the factor, in the order of the shards
   * @param path a new file, relative to the run directory
   * @return where the mean is
   * @throws ArithmeticException if a mean is not finite, naming layer and factor
   */
  FactorsManifest.Factor write(List<ShardRecord> shards, String path) {
    if (!key.symmetric()) {
      return writeMatrix(shards, path);
    }
    try (TriangleFile means = new TriangleFile(key.size())) {
      try (ShardReader reader = new ShardReader(run, shards, factor)) {
        mean(reader, means);
      }
      write(means, run.resolve(path));
    } catch (IOException failure) {
      throw new UncheckedIOException(
          "factor " + key.label() + " could not be summed up or written to " + path, failure);
    }
    return new FactorsManifest.Factor(key, path);
  }

  /** All of it in memory: it is as large as the weight of its layer. */
  private FactorsManifest.Factor writeMatrix(List<ShardRecord> shards, String path) {
    Device device = ExecutorDevice.shared();
    try (Tensor mean = device.empty(Precision.SINGLE, key.size(), key.columns());
        ShardReader reader = new ShardReader(run, shards, factor)) {
      float[] panel = new float[(int) Math.min(ShardFile.PANEL, key.packedSize())];
      for (long at = 0; at < key.packedSize(); at += panel.length) {
        int count = (int) Math.min(panel.length, key.packedSize() - at);
        mean(reader, at, panel, count);
        device.upload(panel, 0, mean, at, count);
      }
      reader.checkIntact();
      MatrixFile.write(run, path, mean, device);
    }
    return new FactorsManifest.Factor(key, path);
  }

  private void mean(ShardReader reader, TriangleFile means) throws IOException {
    long size = key.packedSize();
    float[] panel = new float[(int) Math.min(ShardFile.PANEL, size)];
    for (long at = 0; at < size; at += panel.length) {
      int count = (int) Math.min(panel.length, size - at);
      mean(reader, at, panel, count);
      means.append(panel, count);
    }
    reader.checkIntact();
  }

  /** Means of some numbers over all shards. */
  private void mean(ShardReader reader, long at, float[] panel, int count) {
    FactorSum sum = new FactorSum(key, count, tokens);
    for (int i = 0; i < reader.shards(); i++) {
      reader.read(i, at, panel, count);
      sum.add(panel);
    }
    sum.mean(panel);
  }

  private void write(TriangleFile means, String path) throws IOException {
    FactorDescription description =
        new FactorDescription(key.layer(), key.kind().name(), key.size(), tokens, Map.of());
    int size = key.size();
    int panelRows = Math.max(1, Math.min(size, ROW_PANEL / size));
    float[] panel = new float[panelRows * size];
    try (FactorFileWriter writer = new FactorFileWriter(run.storage(), path, description)) {
      for (int row = 0; row < size; row += panelRows) {
        int rows = Math.min(panelRows, size - row);
        means.rows(row, row + rows, panel);
        writer.write(panel, rows);
      }
    }
  }
}
