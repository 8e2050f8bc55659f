package org.llmsurgeon.pipeline.correct;

import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.surgery.correct.PairedRun;

/**
 * Losses of the windows of a shard that refits are judged by, in a pruned model, from where they
 * are.
 *
 * @param work what it needs
 * @param state the pruned weights
 */
record RefittedLossTask(ReconstructionWork work, ModelRef state)
    implements TaskFunction<ShardStart, double[]> {
  @Override
  public double[] apply(ShardStart start, String attempt) {
    try (StoredRuns runs = new StoredRuns(work, state, start, attempt)) {
      return PairedRun.losses(runs, start.block());
    }
  }
}
