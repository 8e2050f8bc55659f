package org.llmsurgeon.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.TinyModels;

/**
 * A real vLLM writes with smaller folders what transformers writes with the model with zeros. The
 * variable names a Python with vllm.
 */
@Tag("long")
@EnabledIfEnvironmentVariable(named = "SURGEON_VLLM", matches = ".+")
class VllmTest {
  private static final int VOCABULARY = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Path script;
  private byte[] request;

  /** The forms that vLLM loads, and how. */
  enum Form {
    ZEROS(Route.ZEROS, "vllm", VllmTest::llama, VllmTest::heads),
    UNIFORM(Route.UNIFORM, "vllm", VllmTest::llama, VllmTest::oneWidth),
    NEMOTRON_NAS(Route.NEMOTRON_NAS, "vllm", VllmTest::llama, VllmTest::neurons),
    SUBLAYERS(Route.NEMOTRON_NAS, "vllm", VllmTest::llama, VllmTest::sublayers),
    PER_LAYER(Route.PER_LAYER, "vllm-transformers", VllmTest::llama, VllmTest::heads),
    OPT(Route.PER_LAYER, "vllm-transformers", VllmTest::opt, VllmTest::queryHeads),
    MIXTRAL(Route.UNIFORM, "vllm", () -> mixture("Mixtral"), VllmTest::experts),
    QWEN3_MOE(Route.UNIFORM, "vllm", () -> mixture("Qwen3Moe"), VllmTest::experts);

    private final Route route;
    private final String program;
    private final Supplier<ObjectNode> model;
    private final Consumer<MaskedFolder> zeros;

    Form(Route route, String program, Supplier<ObjectNode> model, Consumer<MaskedFolder> zeros) {
      this.route = route;
      this.program = program;
      this.model = model;
      this.zeros = zeros;
    }
  }

  @BeforeEach
  void prompts() throws Exception {
    script = folder.resolve("greedy.py");
    try (InputStream in = VllmTest.class.getResourceAsStream("greedy.py")) {
      Files.write(script, in.readAllBytes());
    }
    int[][] prompts = new int[10][];
    Random random = new Random(3);
    for (int i = 0; i < prompts.length; i++) {
      prompts[i] = random.ints(4 + i, 0, VOCABULARY).toArray();
    }
    request = JSON.writeValueAsBytes(Map.of("prompts", prompts, "tokens", 16));
  }

  @ParameterizedTest
  @EnumSource
  void theTextOfTenPromptsIsThatOfTheModelWithZeros(Form form) throws Exception {
    try (Device device = CpuDevice.create()) {
      MaskedFolder model = new MaskedFolder(form.model.get(), 7);
      form.zeros.accept(model);
      String masked = model.write(folder.resolve("masked").toString(), DataType.F32, device);
      String smaller = folder.resolve("smaller").toString();
      assertThat(ExportedModelTest.export(masked, smaller, form.route, device).route())
          .isEqualTo(form.route);
      JsonNode expected = greedy("transformers", masked);
      assertThat(expected.path("tokens")).hasSize(10);
      JsonNode written = greedy(form.program, smaller);
      assertThat(written.path("tokens")).isEqualTo(expected.path("tokens"));
      assertThat(written.path("per_second").asDouble()).isPositive();
    }
  }

  private JsonNode greedy(String program, String model) throws Exception {
    Process process =
        new ProcessBuilder(System.getenv("SURGEON_VLLM"), script.toString(), program, model)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (OutputStream out = process.getOutputStream()) {
      out.write(request);
    }
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return JSON.readTree(answer);
  }

  private static ObjectNode llama() {
    return sized(TinyModels.llamaJson()).put("head_dim", 32);
  }

  private static ObjectNode opt() {
    return sized(TinyModels.optJson())
        .put("word_embed_proj_dim", 128)
        .put("num_attention_heads", 4);
  }

  private static ObjectNode mixture(String base) {
    return sized(TinyDecoders.mixtures().get(base)).put("head_dim", 32);
  }

  private static ObjectNode sized(ObjectNode json) {
    return json.put("vocab_size", VOCABULARY)
        .put("hidden_size", 128)
        .put("max_position_embeddings", 256);
  }

  private static void queryHeads(MaskedFolder folder) {
    neurons(folder);
    folder.head(0, 2, true).head(1, 1, true).head(1, 3, true);
  }

  /** Half of each expert's neurons. */
  private static void experts(MaskedFolder folder) {
    for (int block = 0; block < 2; block++) {
      for (int expert = 0; expert < 3; expert++) {
        for (int neuron = 0; neuron < 8; neuron++) {
          folder.neuron(block, expert, neuron + expert);
        }
      }
    }
  }

  private static void neurons(MaskedFolder folder) {
    folder.neuron(0, 0).neuron(0, 4).neuron(0, 5).neuron(1, 9);
  }

  private static void heads(MaskedFolder folder) {
    neurons(folder);
    folder.head(0, 2, false).head(0, 3, true).head(1, 1, false).head(1, 2, false);
  }

  private static void oneWidth(MaskedFolder folder) {
    folder.neuron(0, 3).neuron(1, 4);
    folder.head(0, 0, false).head(0, 1, true).head(1, 2, false).head(1, 3, true);
  }

  private static void sublayers(MaskedFolder folder) {
    for (int neuron = 0; neuron < 10; neuron++) {
      folder.neuron(0, neuron);
    }
    folder.head(1, 0, false).head(1, 1, true).head(1, 2, false).head(1, 3, true);
  }
}
