package org.llmsurgeon.pipeline.correct;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recover.RecoveredModel;

/**
 * The model that this process trains, with the weights of one step. Tasks of a step share it; the
 * first task of the next step waits until they are done and reads its own, see {@link
 * ProcessCache}.
 */
final class ExecutorRecovery {
  private ExecutorRecovery() {}

  /**
   * The model in a state.
   *
   * @param work which model
   * @param state its weights
   * @return to be closed by the task when it is done
   */
  static ProcessCache.Held<RecoveredModel> acquire(TrainingWork work, RecoveryState state) {
    List<Object> key = new ArrayList<>(List.of("recovery", work.cut(), ExecutorDevice.shared()));
    key.add(work.dense());
    return ProcessCache.shared()
        .acquire(
            ProcessCache.Work.CORRECTION,
            ProcessCache.Role.ADAPTED,
            new ProcessCache.State(key, state),
            () -> load(work),
            made -> read(made, work, state));
  }

  private static RecoveredModel load(TrainingWork work) {
    MemoryLimits limits = KeptMemory.limits(ExecutorDevice.shared());
    LanguageModel teacher =
        work.dense() == null ? null : ExecutorModel.load(work.dense(), work.settings());
    try (ModelWeights weights = ModelWeights.open(work.settings().storage(), work.cut())) {
      return RecoveredModel.load(
          new RecoveredModel.Pruned(weights.config(), weights),
          RecoveredModel.layers(work.recipe(), weights.config()),
          ExecutorDevice.shared(),
          limits,
          teacher);
    } catch (RuntimeException failure) {
      if (teacher != null) {
        teacher.close();
      }
      throw failure;
    }
  }

  private static void read(RecoveredModel model, TrainingWork work, RecoveryState state) {
    if (state.isStart()) {
      readCut(model, work);
      return;
    }
    int at = 0;
    for (int i = 0; i < model.layers().size(); i++) {
      int next = at + parameters(model.layers().get(i));
      state.layers().get(i).tensors().read(work.directory(), 0, model.weights().subList(at, next));
      at = next;
    }
  }

  /** A model that was trained elsewhere in this process may be wanted as it was cut. */
  private static void readCut(RecoveredModel model, TrainingWork work) {
    Device device = ExecutorDevice.shared();
    List<Tensor> own = model.weights();
    int at = 0;
    try (ModelWeights weights = ModelWeights.open(work.settings().storage(), work.cut())) {
      for (LinearShape layer : model.layers()) {
        try (LayerWeight cut = LayerWeight.load(device, layer, weights)) {
          device.copy(cut.weight(), own.get(at));
          if (layer.bias()) {
            device.copy(cut.bias(), own.get(at + 1));
          }
        }
        at += parameters(layer);
      }
    }
  }

  /**
   * How many tensors a layer has.
   *
   * @param layer a linear layer
   */
  static int parameters(LinearShape layer) {
    return layer.bias() ? 2 : 1;
  }
}
