package org.llmsurgeon.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.folder.ShardIndex;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * Files of every kind that is read, damaged at random: a few hundred of each in every build, ten
 * thousand and more by tag. Parquet is damaged where it is read, in the pipeline.
 */
class ReaderFuzzTest {
  private static final int FEW = 400;
  private static final int MANY = 10_000;
  private static final Path SAMPLES = Path.of("test", "resources", "texts");
  private static final String LINES =
      """
      {"text": "one \\u00e9\\n", "id": 1, "more": [1, {"x": null}, NaN]}

      {"id": 2, "text": "two", "score": -1.5e3}
      {"text": "\\ud83d\\ude00 three"}
      """;

  @TempDir private Path folder;

  @Test
  void fewOfEach() {
    all(1, FEW);
  }

  @Tag("long")
  @Test
  void manyOfEach() {
    all(2, MANY);
  }

  private void all(long seed, int count) {
    Mutations mutations = new Mutations(seed);
    assertAll(
        () -> safetensors(mutations, count),
        () -> texts(mutations, count),
        () -> arrow(mutations, count),
        () -> configs(mutations, count),
        () -> json(mutations, count));
  }

  private void safetensors(Mutations mutations, int count) throws IOException {
    Storage storage = new LocalStorage();
    try (CpuDevice device = CpuDevice.create()) {
      Files.createDirectories(folder.resolve("m"));
      TinyFolder tiny = new TinyFolder(storage, folder.resolve("m").toString(), device);
      tiny.weights(
          "w.safetensors",
          Map.of("a.weight", DataType.F32, "b.weight", DataType.BF16, "c", DataType.F16));
      byte[] file = Files.readAllBytes(folder.resolve("m/w.safetensors"));
      int refused =
          mutations.holdTo(
              "w.safetensors",
              file,
              250,
              count,
              bytes -> {
                try (Safetensors open =
                    Safetensors.open(new OneFile("w.safetensors", bytes).open("w.safetensors"))) {
                  for (TensorEntry entry : open.entries().values()) {
                    if (entry.dtype().isWeight()) {
                      try (Tensor tensor = open.load(entry.name(), device)) {
                        assertThat(tensor.size()).isEqualTo(entry.elements());
                      }
                    }
                  }
                }
              });
      assertThat(refused).isBetween(count / 4, count - 1);
    }
  }

  private static void texts(Mutations mutations, int count) {
    String array = "[" + LINES.strip().replace("\n\n", "\n").replace("\n", ",\n") + "]";
    for (Map.Entry<String, String> each :
        Map.of("a.jsonl", LINES, "a.json", array, "a.txt", "caf\u00e9\n\ud83d\ude00").entrySet()) {
      byte[] file = each.getValue().getBytes(StandardCharsets.UTF_8);
      int refused =
          mutations.holdTo(
              each.getKey(), file, 60, count, bytes -> readText(each.getKey(), bytes, 50));
      assertThat(refused).as(each.getKey()).isBetween(count / 20, count - 1);
    }
  }

  /** Reads a text as a whole and in parts, which must give the same documents. */
  private static void readText(String name, byte[] bytes, long step) {
    OneFile storage = new OneFile(name, bytes);
    StringBuilder whole = new StringBuilder();
    read(storage, new TextPart(name, 0, bytes.length, bytes.length), whole);
    StringBuilder parts = new StringBuilder();
    for (long from = 0; from < bytes.length; from += step) {
      read(
          storage,
          new TextPart(name, from, Math.min(bytes.length, from + step), bytes.length),
          parts);
    }
    assertThat(parts.toString()).isEqualTo(whole.toString());
  }

  private static void read(OneFile storage, TextPart part, StringBuilder into) {
    try (TextReader reader = new FileTexts(storage).open(part)) {
      for (TextChunk chunk = reader.next(); chunk != null; chunk = reader.next()) {
        into.append(chunk.text());
      }
    }
  }

  private static void arrow(Mutations mutations, int count) throws IOException {
    for (String name :
        List.of("datasets-stream.arrow", "pyarrow-large.arrow", "pyarrow-int64.arrow")) {
      byte[] file = Files.readAllBytes(SAMPLES.resolve(name));
      boolean windows = name.contains("int64");
      int refused =
          mutations.holdTo(
              name,
              file,
              file.length / 2,
              count,
              bytes -> {
                OneFile storage = new OneFile(name, bytes);
                if (windows) {
                  TokenWindows.read(storage, name, "");
                } else {
                  read(
                      storage,
                      new TextPart(name, 0, bytes.length, bytes.length),
                      new StringBuilder());
                }
              });
      assertThat(refused).as(name).isBetween(count / 4, count - 1);
    }
  }

  private static void configs(Mutations mutations, int count) {
    for (JsonNode config : List.of(TinyModels.llamaJson(), TinyModels.optJson())) {
      int refused =
          mutations.holdTo(
              "config.json",
              config.toString().getBytes(StandardCharsets.UTF_8),
              400,
              count,
              bytes -> {
                ModelConfig model =
                    Architectures.parse(StrictJson.object(bytes, "config.json"), "config.json");
                assertThat(model.linears()).isNotNull();
                assertThat(LanguageModel.tensors(model)).isNotEmpty();
              });
      assertThat(refused).isBetween(count / 4, count - 1);
    }
  }

  private static void json(Mutations mutations, int count) {
    byte[] tokenizer = TinyTokenizers.byteLevel().toString().getBytes(StandardCharsets.UTF_8);
    int refused =
        mutations.holdTo(
            "tokenizer.json",
            tokenizer,
            200,
            count,
            bytes -> {
              try (TextTokenizer open =
                  TextTokenizer.of(bytes, Optional.empty(), "tokenizer.json", 1 << 10)) {
                open.encode("the end of a text 123 \u00e9", true);
              }
            });
    assertThat(refused).isBetween(count / 4, count - 1);
    String index = "{'metadata': {}, 'weight_map': {'a': 'x.safetensors', 'b': 'y.safetensors'}}";
    mutations.holdTo(
        ShardIndex.NAME,
        index.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
        40,
        count,
        bytes -> ShardIndex.read(new OneFile(ShardIndex.NAME, bytes), ShardIndex.NAME));
  }
}
