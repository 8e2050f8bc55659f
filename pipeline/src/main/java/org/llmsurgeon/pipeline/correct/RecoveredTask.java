package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.weights.LayerWriter;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.operate.LayerWeight;
import org.llmsurgeon.surgery.recover.TrainedLayer;

/**
 * Writes the trained weights of a layer as those of the shot. Memory: three times the weight.
 *
 * @param work what it needs
 */
record RecoveredTask(TrainingWork work) implements TaskFunction<RecoveredTask.Layer, LayerFile> {
  /**
   * A layer.
   *
   * @param index its position among the model's prunable layers
   * @param trained its state
   * @param cut its file before the recovery
   */
  record Layer(int index, RecoveryState.Layer trained, LayerFile cut) implements Serializable {}

  @Override
  public LayerFile apply(Layer layer, String attempt) {
    ProcessCache.shared().begin(ProcessCache.Work.LAYER);
    RunDirectory directory = work.directory();
    Device device = ExecutorDevice.shared();
    try (ModelWeights cut = ModelWeights.open(directory.storage(), work.cut())) {
      LinearShape shape = cut.config().linears().get(layer.index());
      try (TrainedLayer trained = TrainedLayer.empty(device, shape)) {
        layer.trained().tensors().read(directory, 0, trained.weights());
        List<Tensor> weights = trained.weights();
        // Closed with the layer.
        LayerWeight weight = new LayerWeight(weights.get(0), shape.bias() ? weights.get(1) : null);
        return LayerWriter.write(
            directory,
            ShotStage.RECOVER.file(work.shot(), shape.name() + "-" + attempt + ".safetensors"),
            layer.cut().cut(),
            new LayerWriter.Named(shape.name(), weight));
      }
    }
  }
}
