package org.llmsurgeon.jobs.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * The weights of a model folder on this machine.
 *
 * @param folder the open folder
 */
record FolderWeights(ModelFolder folder) implements WeightSource {
  /**
   * Loads a model from a folder.
   *
   * @param path the folder
   * @param device where to run it
   */
  static LanguageModel model(Path path, Device device) {
    try (ModelFolder folder = ModelFolder.open(new LocalStorage(), path.toString())) {
      ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
      return LanguageModel.load(config, new FolderWeights(folder), device);
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be closed", failed);
    }
  }

  @Override
  public boolean contains(String name) {
    return folder.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return folder.shape(name);
  }

  @Override
  public Tensor load(String name, Device device) {
    return folder.load(name, device);
  }
}
