package org.llmsurgeon.pipeline.factors;

import java.util.List;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.FactorFile;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorSum;

/**
 * Sums the shards of one factor, in the order of the shards, and writes the mean as it comes: in
 * memory there are panels only, whatever the size of the factor.
 *
 * @param run run directory
 * @param key the factor
 * @param factor its position among the model's
 * @param tokens tokens of all shards
 */
record FactorReduction(RunDirectory run, FactorKey key, int factor, long tokens) {
  /**
   * Reduces it.
   *
   * @param shards records that hold the factor, in the order of the shards
   * @param path a new file, relative to the run directory
   * @return where the mean is
   * @throws ArithmeticException if a mean is not finite, naming layer and factor
   */
  FactorsManifest.Factor write(List<ShardRecord> shards, String path) {
    try (ShardReader reader = new ShardReader(run, shards, factor)) {
      FactorFile.write(
          run, path, key, tokens, (at, panel, count) -> mean(reader, at, panel, count));
      reader.checkIntact();
    }
    return new FactorsManifest.Factor(key, path);
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
}
