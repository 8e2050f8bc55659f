package org.llmsurgeon.pipeline.weights;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;

/**
 * Whether the head that is stored beside the embedding is the same. Memory: three matrices of its
 * size.
 *
 * @param model which weights
 * @param settings how to reach them
 */
public record HeadTask(ModelRef model, HadoopSettings settings)
    implements TaskFunction<Integer, Boolean> {
  @Override
  public Boolean apply(Integer none, String attempt) {
    Device device = ExecutorDevice.shared();
    try (ModelWeights weights = ModelWeights.open(settings.storage(), model)) {
      ModelConfig config = weights.config();
      try (Tensor embedding = weights.load(config.embeddingName(), device);
          Tensor head = weights.load(config.names().outer().head(), device);
          Tensor change = device.empty(head.precision(), head.rows(), head.columns())) {
        device.copy(head, change);
        device.add(-1, embedding, change);
        return Arrays.stream(device.rowDots(change, change)).allMatch(square -> square == 0);
      }
    }
  }
}
