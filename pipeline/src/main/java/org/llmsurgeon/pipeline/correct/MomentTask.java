package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.correct.PairedMoments;

/**
 * What the layers of an input group read on a shard's windows, in the dense and in the pruned
 * model, and the pruned model's losses. Memory: both models once per process; per task two matrices
 * of the group in double.
 *
 * @param work what it needs
 * @param state the pruned weights
 * @param group position of the group among the model's; their number for the losses alone
 */
record MomentTask(ReconstructionWork work, ModelRef state, int group)
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
    try (ProcessCache.Held<LanguageModel> dense =
            ExecutorModel.ofTwo(ProcessCache.Role.DENSE, work.dense(), work.settings());
        ProcessCache.Held<LanguageModel> pruned =
            ExecutorModel.ofTwo(ProcessCache.Role.MODEL, state, work.settings());
        PairedMoments moments =
            PairedMoments.accumulate(
                dense.value(), pruned.value(), windows, first(pruned.value().config()))) {
      String name =
          String.format(Locale.ROOT, "group-%05d-shard-%05d-", group, shard.index()) + attempt;
      String path = RunDirectory.inShot(work.shot(), ReconstructionStage.FOLDER + name + ".f32");
      return new Done(StoredTensors.write(directory, path, moments.sums()), moments.losses());
    }
  }

  private LinearShape first(ModelConfig config) {
    List<LinearShape> groups = PairedMoments.groups(config);
    return group < groups.size() ? groups.get(group) : null;
  }
}
