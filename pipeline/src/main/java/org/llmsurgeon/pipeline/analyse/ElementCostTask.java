package org.llmsurgeon.pipeline.analyse;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.surgery.operate.ElementTask;

/**
 * Computes what each single weight of a layer costs and writes it, as large as the weight itself,
 * into the run directory. Memory: the factors of a layer, and its weight a few times.
 *
 * @param work what it needs
 */
record ElementCostTask(LayerWork work) implements TaskFunction<Integer, String> {
  /** Name of the only tensor of a file, {@code [out, in(+1)]} in F32. */
  static final String TENSOR = "element";

  /** The path of the file, relative to the run directory. */
  @Override
  public String apply(Integer layer, String attempt) {
    RunDirectory run = work.directory();
    String path =
        RunDirectory.inShot(work.shot(), "costs/" + layer + "-" + attempt + ".safetensors");
    try (Tensor costs = work.onElements(layer, ElementTask::costs)) {
      SafetensorsLayout layout =
          new SafetensorsLayout().add(TENSOR, DataType.F32, costs.rows(), costs.columns());
      try (SafetensorsWriter writer =
          new SafetensorsWriter(layout, run.create(path), run.resolve(path))) {
        writer.write(TENSOR, costs, ExecutorDevice.shared());
      }
      return path;
    } catch (IOException failure) {
      throw new UncheckedIOException(run.resolve(path) + " could not be written", failure);
    }
  }
}
