package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.recover.Recovery;
import org.llmsurgeon.surgery.recover.TrainedLayer;

/**
 * A step of one layer against the gradients of all parts, summed in their order. Memory: eight
 * numbers for each weight of the layer, beside the model that the next step goes on with.
 *
 * @param work what it needs
 * @param step which step
 * @param parts gradients of each part
 */
record TrainTask(TrainingWork work, Step step, List<StoredTensors> parts)
    implements TaskFunction<TrainTask.Layer, RecoveryState.Layer> {
  TrainTask {
    parts = List.copyOf(parts);
  }

  /**
   * A step in a form that travels.
   *
   * @param number from 1
   * @param rate as in {@link Recovery.Step}
   * @param windows of each part
   */
  record Step(int number, double rate, List<int[]> windows) implements Serializable {
    Recovery.Step asStep() {
      return new Recovery.Step(number, rate, windows);
    }
  }

  /**
   * A layer before the step.
   *
   * @param index its position among the model's prunable layers
   * @param first position of its first tensor in the file of a part
   * @param before its state; null before the first step
   */
  record Layer(int index, int first, RecoveryState.Layer before) implements Serializable {}

  @Override
  public RecoveryState.Layer apply(Layer layer, String attempt) {
    ProcessCache.shared().begin(ProcessCache.Work.CORRECTION);
    RunDirectory directory = work.directory();
    Device device = ExecutorDevice.shared();
    try (ModelWeights cut = ModelWeights.open(directory.storage(), work.cut())) {
      LinearShape shape = cut.config().linears().get(layer.index());
      RecoveryState.Layer before = layer.before();
      try (TrainedLayer trained =
          before == null
              ? TrainedLayer.start(device, shape, cut)
              : TrainedLayer.empty(device, shape)) {
        if (before != null) {
          before.tensors().read(directory, 0, trained.tensors());
        }
        double size = before == null ? trained.size() : before.size();
        trained.step(step.asStep(), size, gradients(directory, layer.first()));
        String name =
            String.format(Locale.ROOT, "%s-%08d-%s.f32", shape.name(), step.number(), attempt);
        return new RecoveryState.Layer(
            StoredTensors.write(directory, work.path(name), trained.tensors()), size);
      }
    }
  }

  private List<Consumer<List<Tensor>>> gradients(RunDirectory directory, int first) {
    return parts.stream()
        .<Consumer<List<Tensor>>>map(part -> into -> part.read(directory, first, into))
        .toList();
  }
}
