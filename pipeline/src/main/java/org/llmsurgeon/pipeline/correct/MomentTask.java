package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.Locale;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.correct.PairedMoments;

/**
 * What the layers of an input group read on a shard's windows, in the dense and in the pruned
 * model. Memory: both models once per process; per task four matrices of the group in double.
 *
 * @param work what it needs
 * @param state the pruned weights
 * @param group position of the group among the model's
 */
record MomentTask(ReconstructionWork work, ModelRef state, int group)
    implements TaskFunction<ShardStart, MomentTask.Done> {
  /**
   * What a shard gave.
   *
   * @param sums as in {@link PairedMoments#sums()}
   * @param reached where the windows are, at the group's block
   */
  record Done(StoredTensors sums, ShardStart reached) implements Serializable {}

  @Override
  public Done apply(ShardStart start, String attempt) {
    try (StoredRuns runs = new StoredRuns(work, state, start, attempt)) {
      LinearShape first = PairedMoments.groups(runs.model().config()).get(group);
      try (PairedMoments moments = PairedMoments.accumulate(runs.model().device(), runs, first)) {
        String name =
            String.format(Locale.ROOT, "group-%05d-shard-%05d-", group, start.shard().index())
                + attempt;
        String path = RunDirectory.inShot(work.shot(), ReconstructionStage.FOLDER + name + ".f32");
        StoredTensors sums = StoredTensors.write(work.directory(), path, moments.sums());
        return new Done(sums, runs.reached(first.block()));
      }
    }
  }
}
