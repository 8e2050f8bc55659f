package org.llmsurgeon.pipeline.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.weights.ModelWeights;

/**
 * A copy of a model in which every linear layer has a bias, of 0 where there was none: the same
 * function, and room for what a method puts into biases. Weights are in F32. Only of architectures
 * whose {@code config.json} can say so.
 */
final class BiasedFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";

  private final ModelWeights dense;

  /**
   * A copy.
   *
   * @param dense the model
   */
  BiasedFolder(ModelWeights dense) {
    this.dense = dense;
  }

  /**
   * Throws where the architecture knows no such biases.
   *
   * @throws InputException naming it
   */
  void requirePossible() {
    boolean possible;
    try {
      possible =
          Architectures.parse(config(), dense.folder().configPath()).linears().stream()
              .allMatch(layer -> layer.bias() || !Variant.isLast(layer));
    } catch (InputException unknown) {
      possible = false;
    }
    if (!possible) {
      throw new InputException(
          "flap makes up for what goes with biases, which "
              + dense.config().architecture()
              + " has not in its attentions and MLPs; leave it out of --methods.");
    }
  }

  private JsonNode config() {
    ObjectNode config = dense.folder().config().deepCopy();
    config.put("attention_bias", true).put("mlp_bias", true);
    config.remove("dtype");
    return config.put("torch_dtype", "float32");
  }

  /**
   * Writes the copy.
   *
   * @param storage where to
   * @param path a folder that is not there yet
   */
  void write(Storage storage, String path) {
    ModelFolder source = dense.folder();
    for (String name : storage.list(source.path())) {
      if (FolderFiles.isCompanion(name) && !name.equals(CONFIG)) {
        write(
            storage,
            Storage.child(path, name),
            storage.readBytes(Storage.child(source.path(), name)));
      }
    }
    write(storage, Storage.child(path, CONFIG), Json.bytes(config()));
    Map<String, int[]> tensors =
        LanguageModel.tensors(
            Architectures.parse(config(), source.configPath()).storedAs(source::contains));
    SafetensorsLayout layout = new SafetensorsLayout();
    tensors.forEach(
        (name, shape) ->
            layout.add(name, DataType.F32, Arrays.stream(shape).asLongStream().toArray()));
    String file = Storage.child(path, WEIGHTS);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, storage.create(file), file)) {
      for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
        try (Tensor values = load(tensor.getKey(), tensor.getValue())) {
          writer.write(tensor.getKey(), values, ExecutorDevice.shared());
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file + " could not be written", failure);
    }
  }

  private Tensor load(String name, int[] shape) {
    return dense.contains(name)
        ? dense.load(name, ExecutorDevice.shared())
        : ExecutorDevice.shared().zeros(Precision.SINGLE, 1, shape[0]);
  }

  private static void write(Storage storage, String file, byte[] bytes) {
    try (OutputStream out = storage.create(file)) {
      out.write(bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(file + " could not be written", failure);
    }
  }
}
