package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.Locale;
import org.llmsurgeon.surgery.PairedMoments;
import org.llmsurgeon.surgery.Shard;

/**
 * What the layers of a block read on a shard's windows, in the dense and in the pruned model, and
 * the pruned model's losses. Memory: both models once per process; per task two matrices of each
 * input group of the block in double.
 *
 * @param work what it needs
 * @param state the pruned weights
 * @param block from 0; the number of blocks for the losses alone
 */
record MomentTask(ReconstructionWork work, ModelRef state, int block)
    implements TaskFunction<Shard, MomentTask.Done> {
  /**
   * What a shard gave.
   *
   * @param sums as in {@link PairedMoments#sums()}
   * @param losses of each window, nats
   */
  record Done(StoredTensors sums, double[] losses) implements Serializable {}

  @Override
  public Done apply(Shard shard, String attempt) {
    RunDirectory directory = work.directory();
    int[][] windows = Windows.read(directory, work.windows(), shard.from(), shard.to());
    try (ExecutorModel dense = ExecutorModel.acquireDense(work.dense(), work.settings());
        ExecutorModel pruned = ExecutorModel.acquire(state, work.settings());
        PairedMoments moments =
            PairedMoments.accumulate(dense.model(), pruned.model(), windows, block)) {
      String name =
          String.format(Locale.ROOT, "block-%04d-shard-%05d-", block, shard.index()) + attempt;
      String path = RunDirectory.inShot(work.shot(), ReconstructionStage.FOLDER + name + ".f32");
      return new Done(StoredTensors.write(directory, path, moments.sums()), moments.losses());
    }
  }
}
