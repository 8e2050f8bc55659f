package org.llmsurgeon.pipeline.correct;

import java.util.Arrays;
import java.util.Locale;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.recover.RecoveredModel;

/**
 * Gradients of all layers on a part of a step's windows. Memory: once per process the model, and
 * the dense one where it is asked; per task the gradients and the intermediate results of a batch.
 *
 * @param work what it needs
 * @param step the step, from 1
 * @param state the weights before it
 */
record RecoveryGradientTask(TrainingWork work, int step, RecoveryState state)
    implements TaskFunction<GradientTask.Part, GradientTask.Done> {
  @Override
  public GradientTask.Done apply(GradientTask.Part part, String attempt) {
    RunDirectory directory = work.directory();
    int[][] windows =
        Arrays.stream(part.windows())
            .mapToObj(index -> Windows.read(directory, work.windows(), index, index + 1)[0])
            .toArray(int[][]::new);
    try (ProcessCache.Held<RecoveredModel> shared = ExecutorRecovery.acquire(work, state);
        RecoveredModel.Part done = shared.value().gradients(windows)) {
      String name = String.format(Locale.ROOT, "step-%08d-part-%03d-", step, part.index());
      return new GradientTask.Done(
          StoredTensors.write(directory, work.path(name + attempt + ".f32"), done.gradients()),
          done.losses());
    }
  }
}
