package org.llmsurgeon.export.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;

/**
 * llama.cpp computes with GGUF files what this program does with the folders, and its own reader
 * reads the same tensors. The variable names a Python with llama-cpp-python and gguf.
 */
@EnabledIfEnvironmentVariable(named = "SURGEON_LLAMA_CPP", matches = ".+")
class LlamaCppTest {
  /** llama.cpp keeps keys and values of earlier tokens in binary16. */
  private static final double LOGITS = 5e-3;

  private static final int[] TOKENS = {5, 80, 256, 3, 11, 269, 100};

  @TempDir Path folder;

  @Test
  void logitsAndTensorsAreThoseOfTheFolders() throws Exception {
    List<Path> models = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    try (Device device = CpuDevice.create()) {
      for (GgufFolder each : GgufFolder.all()) {
        models.add(each.write(folder.resolve("model-" + models.size()), device));
        for (GgufType type : GgufType.values()) {
          files.add(GgufFolder.gguf(models.get(models.size() - 1), type, device));
        }
      }
      List<JsonNode> read = python(files);
      assertThat(read).hasSameSizeAs(files);
      SoftAssertions softly = new SoftAssertions();
      for (int i = 0; i < files.size(); i++) {
        JsonNode theirs = read.get(i);
        GgufContent.read(files.get(i))
            .tensors()
            .forEach(
                (name, tensor) ->
                    softly
                        .assertThat(numbers(theirs.path("tensors").path(name)))
                        .as(name)
                        .containsExactly(tensor.numbers()));
        int types = GgufType.values().length;
        if (i % types == 0) {
          softly
              .assertThat(numbers(theirs.path("logits")))
              .as(GgufFolder.all().get(i / types).toString())
              .usingComparatorWithPrecision(LOGITS)
              .containsExactly(logits(models.get(i / types), device));
        }
      }
      softly.assertAll();
    }
  }

  private static double[] logits(Path model, Device device) {
    try (LanguageModel network = FolderWeights.model(new LocalStorage(), model.toString(), device);
        Tensor logits = network.logits(TOKENS)) {
      return device.values(logits);
    }
  }

  private static double[] numbers(JsonNode node) {
    List<Double> all = new ArrayList<>();
    flatten(node, all);
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(JsonNode node, List<Double> all) {
    if (node.isArray()) {
      node.forEach(each -> flatten(each, all));
    } else {
      all.add(node.asDouble());
    }
  }

  private List<JsonNode> python(List<Path> files) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Path script = folder.resolve("script.py");
    try (InputStream in = LlamaCppTest.class.getResourceAsStream("llama_cpp_logits.py")) {
      Files.write(script, in.readAllBytes());
    }
    Process process =
        new ProcessBuilder(System.getenv("SURGEON_LLAMA_CPP"), script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (OutputStream out = process.getOutputStream()) {
      List<String> names = files.stream().map(Path::toString).toList();
      out.write(json.writeValueAsBytes(Map.of("files", names, "tokens", TOKENS)));
    }
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.strip().split("\n")) {
      lines.add(json.readTree(line));
    }
    return lines;
  }
}
