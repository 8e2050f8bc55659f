package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.factors.StoredTensors;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.weights.LayerWriter;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.correct.LayerRefit;
import org.llmsurgeon.surgery.operate.LayerWeight;

/**
 * Refits one layer to the dense layer's outputs and writes it. Memory: about ten matrices of the
 * layer's inputs in double.
 *
 * @param work what it needs
 * @param state the pruned weights
 * @param shards sums of all shards, in order
 */
record RefitTask(ReconstructionWork work, ModelRef state, List<StoredTensors> shards)
    implements TaskFunction<RefitTask.Layer, LayerFile> {
  RefitTask {
    shards = List.copyOf(shards);
  }

  /**
   * A layer before its refit.
   *
   * @param index its position among the model's prunable layers
   * @param file its weights
   */
  record Layer(int index, LayerFile file) implements Serializable {}

  @Override
  public LayerFile apply(Layer layer, String attempt) {
    ProcessCache.shared().begin(ProcessCache.Work.LAYER);
    RunDirectory directory = work.directory();
    Device device = ExecutorDevice.shared();
    try (ModelWeights dense = ModelWeights.open(directory.storage(), work.dense());
        ModelWeights pruned = ModelWeights.open(directory.storage(), state)) {
      LinearShape shape = pruned.config().linears().get(layer.index());
      int size = shape.augmentedInputs();
      try (LayerRefit.Moments fit = sum(device, directory, size, 0);
          LayerRefit.Moments judge = sum(device, directory, size, 2);
          LayerWeight weight =
              new LayerRefit(device, shape, work.recipe())
                  .refit(dense, pruned, fit, judge)
                  .weight()) {
        String path =
            ShotStage.RECONSTRUCT.file(work.shot(), shape.name() + "-" + attempt + ".safetensors");
        return LayerWriter.write(
            directory, path, layer.file().cut(), new LayerWriter.Named(shape.name(), weight));
      }
    }
  }

  /** Sums of all shards, of which each has two from here on. */
  private LayerRefit.Moments sum(Device device, RunDirectory directory, int size, int from) {
    try (TensorScope scope = new TensorScope(device)) {
      Sums sums = new Sums(directory, shards, from, buffers(scope, size));
      return LayerRefit.Moments.sum(device, size, sums);
    }
  }

  private static List<Tensor> buffers(TensorScope scope, int size) {
    int triangle = Math.toIntExact((long) size * (size + 1) / 2);
    return List.of(
        scope.empty(Precision.SINGLE, 1, triangle), scope.empty(Precision.SINGLE, size, size));
  }

  /** Reads the sums of one shard after the other into the same memory. */
  private record Sums(
      RunDirectory directory, List<StoredTensors> shards, int from, List<Tensor> buffers)
      implements Iterable<List<Tensor>> {
    @Override
    public Iterator<List<Tensor>> iterator() {
      return shards.stream()
          .map(
              shard -> {
                shard.read(directory, from, buffers);
                return buffers;
              })
          .iterator();
    }
  }
}
