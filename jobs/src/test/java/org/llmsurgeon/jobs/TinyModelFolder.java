package org.llmsurgeon.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * A random Llama of two small blocks as a Hugging Face folder with a tokenizer of ten letters,
 * texts and token windows; written byte by byte, so that a test can spoil any of it.
 *
 * @param folder the model folder
 */
public record TinyModelFolder(Path folder) {
  private static final int CONTEXT = 10;

  /** Writes a good folder. */
  public static TinyModelFolder write(Path folder) throws IOException {
    Files.createDirectories(folder);
    TinyModelFolder model = new TinyModelFolder(folder);
    ObjectNode config = TinyModels.llamaJson();
    model.writeText("config.json", config.toString());
    model.writeText("tokenizer.json", tokenizer());
    model.writeWeights(1);
    return model;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  void writeText(String name, String text) throws IOException {
    Files.writeString(file(name), text, StandardCharsets.UTF_8);
  }

  /** Replaces some text in a file. */
  void edit(String name, String old, String with) throws IOException {
    String text = Files.readString(file(name), StandardCharsets.UTF_8);
    if (!text.contains(old)) {
      throw new AssertionError(name + " has no " + old);
    }
    writeText(name, text.replace(old, with));
  }

  /**
   * Writes random weights.
   *
   * @param scale their size; NaN for weights that are no numbers
   */
  void writeWeights(float scale) throws IOException {
    ModelConfig config = TinyModels.llama();
    Map<String, int[]> tensors = new TreeMap<>(LanguageModel.tensors(config));
    int values = tensors.values().stream().mapToInt(TinyModelFolder::size).sum();
    ByteBuffer data = ByteBuffer.allocate(4 * values).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(3);
    for (int i = 0; i < values; i++) {
      data.putFloat(scale * 0.5f * (float) random.nextGaussian());
    }
    Files.write(file("model.safetensors"), safetensors("F32", tensors, data.array()));
  }

  /**
   * A file of token windows beside the folder.
   *
   * @param name of the tensor in it
   * @param token the last token of every window; the others are random
   */
  public Path windows(String name, int token) throws IOException {
    int windows = 12;
    ByteBuffer data = ByteBuffer.allocate(4 * windows * CONTEXT).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(4);
    for (int i = 0; i < windows * CONTEXT; i++) {
      data.putInt(i % CONTEXT == CONTEXT - 1 ? token : random.nextInt(11));
    }
    Path path = folder.resolveSibling(name + token + ".safetensors");
    Map<String, int[]> tensors = Map.of(name, new int[] {windows, CONTEXT});
    Files.write(path, safetensors("I32", tensors, data.array()));
    return path;
  }

  private static byte[] safetensors(String dtype, Map<String, int[]> tensors, byte[] data) {
    StringBuilder header = new StringBuilder("{");
    int at = 0;
    for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
      int end = at + 4 * size(tensor.getValue());
      header.append(header.length() > 1 ? "," : "");
      header.append(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.getKey(), dtype, Arrays.toString(tensor.getValue()), at, end));
      at = end;
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private static int size(int[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** Ten letters and one token for everything else, a token each. */
  private static String tokenizer() {
    String vocabulary =
        "abcdefghij"
            .chars()
            .mapToObj(letter -> "\"%c\": %d".formatted(letter, letter - 'a' + 1))
            .collect(Collectors.joining(", "));
    return """
    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
     "normalizer": null,
     "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated",
                       "invert": false},
     "post_processor": null, "decoder": null,
     "model": {"type": "WordLevel", "vocab": {"?": 0, %s}, "unk_token": "?"}}
    """
        .formatted(vocabulary);
  }
}
