package org.llmsurgeon.export;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.CheckpointNames;

/**
 * What a model takes.
 *
 * @param parameters numbers that are stored, indices not counted
 * @param bytes of all tensors on disk
 * @param multiplyAdds of one token, in the linear layers and the head, as many as are stored there;
 *     the products of attention not counted
 * @param tokensPerSecond forward, on this machine; null where it was not measured
 */
public record Footprint(long parameters, long bytes, long multiplyAdds, Double tokensPerSecond) {
  private static final double SECONDS = 0.2;

  /**
   * Counts what a folder holds.
   *
   * @param folder the model
   */
  public static Footprint of(ModelFolder folder) {
    ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
    CheckpointNames names = CheckpointNames.of(config, folder::contains);
    long parameters = 0;
    long bytes = 0;
    for (String name : folder.names()) {
      bytes += folder.entry(name).bytes();
      parameters += folder.entry(name).dtype().isWeight() ? folder.entry(name).elements() : 0;
    }
    long products = folder.entry(names.stored(config.embeddingName())).elements();
    long[] ofExperts = new long[config.blockCount()];
    for (LinearShape layer : config.linears()) {
      long elements =
          config.isPlain() && config.experts() == null
              ? folder.entry(names.stored(layer.weightName())).elements()
              : (long) layer.outputs() * layer.inputs();
      if (layer.ofExpert()) {
        ofExperts[layer.block()] += elements;
      } else {
        products += elements;
      }
    }
    for (int block = 0; block < ofExperts.length; block++) {
      int experts = config.blocks().get(block).experts().size();
      products += experts == 0 ? 0 : ofExperts[block] * config.experts().perToken() / experts;
    }
    return new Footprint(parameters, bytes, products, null);
  }

  /** The same with a speed. */
  public Footprint with(double speed) {
    return new Footprint(parameters, bytes, multiplyAdds, speed);
  }

  /** Windows have no labels here, which losses of labels are of. */
  private static void forward(LanguageModel model, int[][] windows) {
    if (model.config().attention().causal()) {
      model.losses(windows);
    } else {
      for (int[] window : windows) {
        model.logits(window).close();
      }
    }
  }

  /**
   * Measures how fast models go forward, in turns, so that what else the machine does meets all of
   * them.
   *
   * @param models the models
   * @param windows token ids
   * @return tokens per second of each: the best of a few runs
   */
  public static double[] speeds(List<LanguageModel> models, int[][] windows) {
    ModelConfig config = models.get(0).config();
    double tokens =
        Arrays.stream(windows)
            .mapToInt(each -> config.readsImages() ? config.maxPositions() : each.length)
            .sum();
    double[] best = new double[models.size()];
    long start = System.nanoTime();
    int runs = 0;
    while (runs < 2 || runs < 20 && (System.nanoTime() - start) * 1e-9 < SECONDS * best.length) {
      for (int i = 0; i < best.length; i++) {
        long from = System.nanoTime();
        forward(models.get(i), windows);
        best[i] = Math.max(best[i], tokens / ((System.nanoTime() - from) * 1e-9));
      }
      runs++;
    }
    return best;
  }
}
