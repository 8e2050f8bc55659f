package org.llmsurgeon.pipeline.correct;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.weights.LayerWriter;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.correct.Adapters;
import org.llmsurgeon.surgery.operate.LayerWeight;

/**
 * Merges the trained adapter of a layer into its weight, under the mask of what is gone, and writes
 * it. Memory: twice the weight.
 *
 * @param work what it needs
 * @param adapters of all layers that have some
 */
record MergeTask(TrainingWork work, StoredTensors adapters)
    implements TaskFunction<MergeTask.Layer, LayerFile> {
  /**
   * A layer before the correction.
   *
   * @param index its position among the layers that have adapters
   * @param cut its file
   */
  record Layer(int index, LayerFile cut) implements java.io.Serializable {}

  @Override
  public LayerFile apply(Layer layer, String attempt) {
    ProcessCache.shared().begin(ProcessCache.Work.LAYER);
    RunDirectory directory = work.directory();
    Device device = ExecutorDevice.shared();
    try (ModelWeights pruned = ModelWeights.open(directory.storage(), work.cut())) {
      AdapterTargets all = work.targets(pruned.config());
      LinearShape shape = all.layers().get(layer.index());
      AdapterTargets one = new AdapterTargets(List.of(shape), all.rank());
      try (Adapters own = one.zeros(device, Precision.SINGLE)) {
        adapters.read(directory, layer.index() * own.tensors().size(), own.tensors());
        try (LayerWeight merged = own.merge(0, device, pruned)) {
          return LayerWriter.write(
              directory,
              ShotStage.CORRECT.file(work.shot(), shape.name() + "-" + attempt + ".safetensors"),
              layer.cut().cut(),
              new LayerWriter.Named(shape.name(), merged));
        }
      }
    }
  }
}
