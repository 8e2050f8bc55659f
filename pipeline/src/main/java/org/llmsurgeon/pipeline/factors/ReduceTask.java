package org.llmsurgeon.pipeline.factors;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.Shard;

/**
 * Sums one factor over all shards on an executor. What the shards hold it reads from their records
 * in the run directory. Memory as in {@link FactorReduction}.
 *
 * @param run run directory
 * @param shot the shot that this is for
 * @param shards all shards, in order
 * @param tokens tokens of all of them
 * @param settings how to reach the files
 */
record ReduceTask(String run, int shot, List<Shard> shards, long tokens, HadoopSettings settings)
    implements TaskFunction<ReduceTask.Item, FactorsManifest.Factor> {
  /**
   * A factor.
   *
   * @param key which one
   * @param factor its position among the model's
   * @param pass index of the pass that it was gathered in
   */
  record Item(FactorKey key, int factor, int pass) implements Serializable {}

  @Override
  public FactorsManifest.Factor apply(Item item, String attempt) {
    RunDirectory directory = new RunDirectory(settings.storage(), run);
    List<ShardRecord> records =
        shards.stream()
            .map(shard -> new ShardTask(shard, item.pass()).record(shot))
            .map(record -> directory.required(record, ShardRecord.class))
            .toList();
    return new FactorReduction(directory, item.key(), item.factor(), tokens)
        .write(records, Reduction.path(shot, item.key(), attempt));
  }
}
