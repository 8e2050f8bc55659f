package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.correct.AdaptedModel;

/**
 * Gradients of a correction's adapters on a part of a step's windows. Memory: once per process the
 * model with the weights of its linear layers twice (mapped files take none), and the dense model
 * where it is asked; per task the gradients in double and the intermediate results of a batch.
 *
 * @param work what it needs
 * @param step the step, from 1
 * @param adapters as they are in this step
 */
record GradientTask(TrainingWork work, int step, StoredTensors adapters)
    implements TaskFunction<GradientTask.Part, GradientTask.Done> {
  /**
   * Some windows.
   *
   * @param index position among the parts of the step
   * @param windows their indices
   */
  record Part(int index, int[] windows) implements Serializable {
    Part {
      windows = windows.clone();
    }
  }

  /**
   * What a part gave.
   *
   * @param gradients of the sum of the losses
   * @param losses of each window, nats
   */
  record Done(StoredTensors gradients, double[] losses) implements Serializable {}

  @Override
  public Done apply(Part part, String attempt) {
    RunDirectory directory = work.directory();
    int[][] windows =
        Arrays.stream(part.windows())
            .mapToObj(index -> Windows.read(directory, work.windows(), index, index + 1)[0])
            .toArray(int[][]::new);
    try (ProcessCache.Held<ExecutorCorrection> shared = ExecutorCorrection.acquire(work, adapters);
        AdaptedModel.Part done = shared.value().gradients(windows)) {
      String name = String.format(Locale.ROOT, "step-%05d-part-%03d-", step, part.index());
      String path = work.path(name + attempt + ".f32");
      return new Done(
          StoredTensors.write(directory, path, done.gradients().tensors()), done.losses());
    }
  }
}
