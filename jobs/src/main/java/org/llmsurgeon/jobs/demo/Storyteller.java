package org.llmsurgeon.jobs.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.text.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;

/** Goes on with a story, always with the likeliest token, until the story ends. */
final class Storyteller implements AutoCloseable {
  private final LanguageModel model;
  private final TextTokenizer tokenizer;
  private final Map<Integer, String> symbols = new HashMap<>();

  /**
   * Loads a model.
   *
   * @param folder a model folder with a byte-level tokenizer
   * @param device where to run it
   */
  Storyteller(Path folder, Device device) {
    Path vocabulary = folder.resolve("tokenizer.json");
    try {
      JsonNode ids = new ObjectMapper().readTree(vocabulary.toFile()).path("model").path("vocab");
      ids.properties().forEach(each -> symbols.put(each.getValue().asInt(), each.getKey()));
    } catch (IOException failed) {
      throw new UncheckedIOException(vocabulary + " could not be read", failed);
    }
    tokenizer = TextTokenizer.open(new LocalStorage(), folder.toString());
    try {
      model = FolderWeights.model(folder, device);
    } catch (RuntimeException failed) {
      tokenizer.close();
      throw failed;
    }
  }

  /**
   * What the model writes after a text.
   *
   * @param start the text
   * @param tokens most tokens to write; fewer where the story ends before, or the model has no more
   *     positions
   */
  String continuation(String start, int tokens) {
    int[] window = tokenizer.encode(start, true);
    StringBuilder written = new StringBuilder();
    for (int i = 0; i < tokens && window.length < model.config().maxPositions(); i++) {
      int next = likeliest(window);
      if (next == 0 || ByteSymbols.decode(symbols.get(next)).contains("\n")) {
        break;
      }
      written.append(symbols.get(next));
      window = Arrays.copyOf(window, window.length + 1);
      window[window.length - 1] = next;
    }
    return ByteSymbols.decode(written.toString());
  }

  private int likeliest(int[] window) {
    try (Tensor logits = model.logits(window)) {
      double[] last = new double[logits.columns()];
      long at = (long) (window.length - 1) * last.length;
      model.device().download(logits, at, last, 0, last.length);
      int best = 0;
      for (int token = 1; token < last.length; token++) {
        if (last[token] > last[best]) {
          best = token;
        }
      }
      return best;
    }
  }

  @Override
  public void close() {
    model.close();
    tokenizer.close();
  }
}
