package org.llmsurgeon.pipeline.correct;

import java.util.List;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.correct.AdaptedModel;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.Adapters;

/**
 * The model that this process corrects, with the adapters of one step merged into it. Tasks of a
 * step share it; the first task of the next step waits until they are done, a straggler of an
 * earlier step likewise, and merges its own adapters, see {@link ProcessCache}.
 */
final class ExecutorCorrection implements AutoCloseable {
  private final AdaptedModel model;
  private final LanguageModel teacher;

  private ExecutorCorrection(AdaptedModel model, LanguageModel teacher) {
    this.model = model;
    this.teacher = teacher;
  }

  /**
   * The model with some adapters.
   *
   * @param work which model
   * @param adapters the adapters
   * @return to be closed by the task when it is done
   */
  static ProcessCache.Held<ExecutorCorrection> acquire(TrainingWork work, StoredTensors adapters) {
    List<Object> key = List.of(work.models(), ExecutorDevice.shared());
    return ProcessCache.shared()
        .acquire(
            ProcessCache.Work.CORRECTION,
            ProcessCache.Role.ADAPTED,
            new ProcessCache.State(key, adapters),
            () -> load(work),
            made -> made.merge(work, adapters));
  }

  private static ExecutorCorrection load(TrainingWork work) {
    MemoryLimits limits = KeptMemory.limits(ExecutorDevice.shared());
    LanguageModel teacher =
        work.dense() == null ? null : ExecutorModel.load(work.dense(), work.settings());
    try (ModelWeights weights = ModelWeights.open(work.settings().storage(), work.cut())) {
      AdapterTargets targets = work.targets(weights.config());
      AdaptedModel model =
          AdaptedModel.load(weights.config(), weights, ExecutorDevice.shared(), limits, targets);
      return new ExecutorCorrection(model, teacher);
    } catch (RuntimeException failure) {
      if (teacher != null) {
        teacher.close();
      }
      throw failure;
    }
  }

  private void merge(TrainingWork work, StoredTensors adapters) {
    try (Adapters read =
        work.targets(model.model().config()).zeros(ExecutorDevice.shared(), Precision.SINGLE)) {
      adapters.read(work.directory(), 0, read.tensors());
      model.merge(read);
    }
  }

  /**
   * Gradients of the adapters; not after {@link #close()}.
   *
   * @param windows tokens, {@code [windows, context]}
   */
  AdaptedModel.Part gradients(int[][] windows) {
    return model.gradients(windows, teacher);
  }

  @Override
  public void close() {
    model.close();
    if (teacher != null) {
      teacher.close();
    }
  }
}
