package org.llmsurgeon.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.cluster.ShotFigures;

/** A run as MLflow has it: by its documented protocol, and in a real server where there is one. */
class MlflowRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ShotFigures FIRST =
      new ShotFigures(1, 2, 0.25, 9.5, 1234.5, Map.of("accumulate", 2.5, "cut", 1.0));
  private static final ShotFigures SECOND =
      new ShotFigures(2, 2, 0.5, null, null, Map.of("accumulate", 2.0, "cut", 1.5));

  private final List<String> notes = new ArrayList<>();

  private static void follow(MlflowRun run) {
    run.stageFinished("accumulate", 2.5);
    run.shotFinished(FIRST);
    run.shotFinished(SECOND);
    run.finished(Map.of("final_perplexity", 10.5));
  }

  private static Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("model", "models/tiny");
    settings.put("sparsity", 0.5);
    settings.put("context", null);
    for (int i = 0; i < 150; i++) {
      settings.put("option-" + i, i);
    }
    return settings;
  }

  @Test
  void withoutAnAddressThereIsNone() {
    assertThat(MlflowRun.begin(Map.of(), "run", settings(), notes::add)).isEmpty();
    assertThat(MlflowRun.begin(Map.of(MlflowRun.ADDRESS, ""), "run", settings(), notes::add))
        .isEmpty();
    assertThat(notes).isEmpty();
    assertThat(
            MlflowRun.begin(Map.of(MlflowRun.ADDRESS, "file:/tmp/x"), "r", settings(), notes::add))
        .isEmpty();
    assertThat(notes).singleElement().asString().contains("no http:// or https:// address");
  }

  @Test
  void aServerThatIsNotThereIsToldOnceAndHarmsNobody() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Map<String, String> gone = Map.of(MlflowRun.ADDRESS, "http://127.0.0.1:" + port);
    assertThat(MlflowRun.begin(gone, "run", settings(), notes::add)).isEmpty();
    assertThat(notes).singleElement().asString().contains("the run goes on and is not tracked");
  }

  /** A server that takes what the protocol names and refuses everything else. */
  private static final class Protocol implements AutoCloseable {
    private final HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    final List<String> calls = new ArrayList<>();
    final Map<String, String> parameters = new LinkedHashMap<>();
    final List<String> metrics = new ArrayList<>();
    String status;
    String authorization;
    boolean refusesMetrics;

    Protocol() throws IOException {
      server.createContext("/api/2.0/mlflow/", this::answer);
      server.start();
    }

    String address() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String method = exchange.getRequestURI().getPath().replace("/api/2.0/mlflow/", "");
      calls.add(method);
      authorization = exchange.getRequestHeaders().getFirst("Authorization");
      byte[] body = exchange.getRequestBody().readAllBytes();
      JsonNode content = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
      String answer = answer(method, exchange.getRequestURI().getQuery(), content);
      byte[] bytes = (answer == null ? "{\"error_code\":\"BAD\"}" : answer).getBytes();
      int code = answer != null ? 200 : method.equals("experiments/get-by-name") ? 404 : 400;
      exchange.sendResponseHeaders(code, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    }

    private String answer(String method, String query, JsonNode content) {
      return switch (method) {
        case "experiments/get-by-name" -> null;
        case "experiments/create" ->
            content.path("name").asText().equals("mine") ? "{\"experiment_id\":\"7\"}" : null;
        case "runs/create" ->
            content.path("experiment_id").asText().equals("7")
                    && content.path("start_time").isIntegralNumber()
                    && content.path("run_name").isTextual()
                ? "{\"run\":{\"info\":{\"run_id\":\"abc\"}}}"
                : null;
        case "runs/log-batch" -> log(content) ? "{}" : null;
        case "runs/update" -> {
          status = content.path("status").asText();
          yield content.path("end_time").isIntegralNumber() ? "{}" : null;
        }
        default -> null;
      };
    }

    private boolean log(JsonNode content) {
      if (refusesMetrics && content.has("metrics")) {
        return false;
      }
      boolean holds = content.path("run_id").asText().equals("abc");
      holds &= content.path("params").size() <= 100;
      for (JsonNode each : content.path("params")) {
        holds &= each.path("value").isTextual();
        parameters.put(each.path("key").asText(), each.path("value").asText());
      }
      for (JsonNode each : content.path("metrics")) {
        holds &= each.path("value").isNumber() && each.path("timestamp").isIntegralNumber();
        metrics.add(each.path("key").asText() + " " + each.path("step") + " " + each.path("value"));
      }
      return holds;
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  @Test
  void theProtocolIsKept() throws Exception {
    try (Protocol server = new Protocol()) {
      Map<String, String> environment =
          Map.of(
              MlflowRun.ADDRESS,
              server.address() + "/",
              "MLFLOW_EXPERIMENT_NAME",
              "mine",
              "MLFLOW_TRACKING_USERNAME",
              "ann",
              "MLFLOW_TRACKING_PASSWORD",
              "secret");
      try (MlflowRun run =
          MlflowRun.begin(environment, "half", settings(), notes::add).orElseThrow()) {
        follow(run);
      }
      assertThat(notes).isEmpty();
      assertThat(server.authorization).isEqualTo("Basic YW5uOnNlY3JldA==");
      assertThat(server.parameters)
          .hasSize(152)
          .containsEntry("sparsity", "0.5")
          .doesNotContainKey("context");
      assertThat(server.metrics)
          .contains("sparsity 1 0.25", "perplexity 1 9.5", "cut_seconds 2 1.5")
          .contains("final_perplexity 0 10.5")
          .noneMatch(each -> each.startsWith("perplexity 2"));
      assertThat(server.status).isEqualTo("FINISHED");
    }
  }

  @Test
  void aRunThatEndsEarlyIsNoFinishedOneAndARefusalEndsTheTracking() throws Exception {
    try (Protocol server = new Protocol()) {
      Map<String, String> environment =
          Map.of(MlflowRun.ADDRESS, server.address(), "MLFLOW_EXPERIMENT_NAME", "mine");
      MlflowRun.begin(environment, "half", Map.of(), notes::add).orElseThrow().close();
      assertThat(server.status).isEqualTo("FAILED");
      assertThat(server.authorization).isNull();

      server.refusesMetrics = true;
      try (MlflowRun run =
          MlflowRun.begin(environment, "half", Map.of(), notes::add).orElseThrow()) {
        int before = server.calls.size();
        follow(run);
        assertThat(server.calls).hasSize(before + 1);
      }
      assertThat(notes).singleElement().asString().contains("HTTP 400 for", "log-batch");
    }
  }

  /** {@code SURGEON_MLFLOW} is the program of a Python with MLflow. */
  @Test
  void aRealServerHasTheRun(@TempDir Path folder) throws Exception {
    String program = System.getenv("SURGEON_MLFLOW");
    assumeTrue(program != null, "SURGEON_MLFLOW names no mlflow");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process server =
        new ProcessBuilder(
                program,
                "server",
                "--host",
                "127.0.0.1",
                "--port",
                String.valueOf(port),
                "--workers",
                "1",
                "--backend-store-uri",
                "sqlite:///" + folder.resolve("m.db"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    try {
      String address = "http://127.0.0.1:" + port;
      awaitAnswer(server, URI.create(address + "/health"));
      for (String name : List.of("first", "second")) {
        Optional<MlflowRun> run =
            MlflowRun.begin(
                Map.of(MlflowRun.ADDRESS, address, "MLFLOW_EXPERIMENT_NAME", "a b/c"),
                name,
                settings(),
                notes::add);
        try (MlflowRun begun = run.orElseThrow()) {
          follow(begun);
        }
      }
      assertThat(notes).isEmpty();
      MlflowServer client = new MlflowServer(address, Map.of());
      String experiment = client.experiment("a b/c");
      JsonNode runs =
          client.post("runs/search", Map.of("experiment_ids", List.of(experiment))).path("runs");
      assertThat(runs).hasSize(2);
      for (JsonNode each : runs) {
        assertThat(each.path("info").path("status").asText()).isEqualTo("FINISHED");
        assertThat(each.path("data").path("params")).hasSize(152);
        assertThat(each.path("data").path("metrics").findValuesAsText("key"))
            .contains("sparsity", "perplexity", "tokens_per_second", "final_perplexity");
      }
    } finally {
      server.descendants().forEach(ProcessHandle::destroy);
      server.destroy();
      server.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private static void awaitAnswer(Process server, URI address) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(5)).build();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
    while (server.isAlive() && System.nanoTime() < end) {
      try {
        HttpResponse<String> answer =
            client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (answer.statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // It is still starting.
      }
      TimeUnit.MILLISECONDS.sleep(500);
    }
    throw new AssertionError("MLflow did not start");
  }
}
