package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;

/** Writes reference models as folders. */
final class ReferenceFolder {
  private ReferenceFolder() {}

  /**
   * Writes one.
   *
   * @param model the model
   * @param folder a folder, or none yet
   * @param tokenizer content of {@code tokenizer.json}; null for none
   */
  static Path write(ReferenceModel model, Path folder, String tokenizer) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), model.json().toString());
    if (tokenizer != null) {
      Files.writeString(folder.resolve("tokenizer.json"), tokenizer);
    }
    if (model.pixels() != null) {
      int size = model.config().ends().images().shape().size();
      Files.writeString(
          folder.resolve("preprocessor_config.json"),
          "{\"size\": %d, \"rescale_factor\": %s, \"image_mean\": %s, \"image_std\": %s}"
              .formatted(
                  size,
                  model.pixels().factor(),
                  model.pixels().mean(),
                  model.pixels().deviation()));
    }
    SafetensorsLayout layout = new SafetensorsLayout();
    for (String name : model.stored()) {
      layout.add(name, DataType.F32, Arrays.stream(model.shape(name)).asLongStream().toArray());
    }
    Device device = ExecutorDevice.shared();
    String file = folder.resolve("model.safetensors").toString();
    try (SafetensorsWriter writer =
        new SafetensorsWriter(layout, new LocalStorage().create(file), file)) {
      for (String name : layout.entries().keySet()) {
        try (Tensor tensor = model.load(name, device)) {
          writer.write(name, tensor, device);
        }
      }
    }
    return folder;
  }
}
