package org.llmsurgeon.export.survey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.UnaryOperator;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.image.ImageProcessor;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.TokenizerSpecials;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.PixelScale;
import org.llmsurgeon.model.config.SpecialTokens;
import org.llmsurgeon.model.weights.CheckpointNames;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * The weights of a model folder.
 *
 * @param folder the open folder
 * @param names how it spells names
 */
public record FolderWeights(ModelFolder folder, CheckpointNames names) implements WeightSource {
  /**
   * Loads a model from a folder.
   *
   * @param storage where it is
   * @param path the folder
   * @param device where to run it
   * @throws org.llmsurgeon.InputException naming what is missing, malformed or contradictory
   */
  public static LanguageModel model(Storage storage, String path, Device device) {
    return model(storage, path, device, UnaryOperator.identity());
  }

  /**
   * As {@link #model(Storage, String, Device)}.
   *
   * @param as what is made of the weights before
   */
  public static LanguageModel model(
      Storage storage, String path, Device device, UnaryOperator<WeightSource> as) {
    try (ModelFolder folder = ModelFolder.open(storage, path)) {
      ModelConfig config =
          withInputs(Architectures.parse(folder.config(), folder.configPath()), storage, path);
      CheckpointNames names = CheckpointNames.of(config, folder::contains);
      return LanguageModel.load(config, as.apply(new FolderWeights(folder, names)), device);
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be closed", failed);
    }
  }

  /**
   * A network that knows what other files of its folder say of what it reads: the special tokens of
   * its tokenizer, or what pixels go through.
   *
   * @param config the network
   * @param storage where its folder is
   * @param path the folder
   */
  public static ModelConfig withInputs(ModelConfig config, Storage storage, String path) {
    if (config.attention().causal()) {
      return config;
    }
    if (config.readsImages()) {
      return ImageProcessor.find(storage, path)
          .map(each -> new PixelScale(each.factor(), each.mean(), each.deviation()))
          .map(config::with)
          .orElse(config);
    }
    TokenizerSpecials tokens = TokenizerSpecials.read(storage, path);
    return config.with(
        config
            .objective()
            .reading(new SpecialTokens(tokens.mask().orElse(SpecialTokens.NONE), tokens.all())));
  }

  @Override
  public boolean contains(String name) {
    return folder.contains(names.stored(name));
  }

  @Override
  public int[] shape(String name) {
    return folder.shape(names.stored(name));
  }

  @Override
  public Tensor load(String name, Device device) {
    return folder.load(names.stored(name), device);
  }

  @Override
  public Tensor load(String name, long first, int rows, int columns, Device device) {
    return folder.load(names.stored(name), first, rows, columns, device);
  }
}
