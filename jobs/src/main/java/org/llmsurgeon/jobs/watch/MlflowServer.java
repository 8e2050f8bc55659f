package org.llmsurgeon.jobs.watch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/**
 * A tracking server of MLflow, by its <a
 * href="https://mlflow.org/docs/latest/api_reference/rest-api.html">REST protocol</a>, version 2.0.
 */
final class MlflowServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int NOT_FOUND = 404;

  private final String address;
  private final String authorization;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  /**
   * A server.
   *
   * @param address begins with {@code http://} or {@code https://}
   * @param environment names and values: {@code MLFLOW_TRACKING_TOKEN}, or {@code
   *     MLFLOW_TRACKING_USERNAME} and {@code MLFLOW_TRACKING_PASSWORD}, as MLflow's own clients
   *     take them
   */
  MlflowServer(String address, Map<String, String> environment) {
    this.address = address.replaceFirst("/+$", "");
    this.authorization = authorization(environment);
  }

  private static String authorization(Map<String, String> environment) {
    String token = environment.get("MLFLOW_TRACKING_TOKEN");
    String user = environment.get("MLFLOW_TRACKING_USERNAME");
    if (token != null) {
      return "Bearer " + token;
    }
    if (user == null) {
      return null;
    }
    String both = user + ":" + environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  /** The id of an experiment, which is made where there is none of this name. */
  String experiment(String name) throws IOException, InterruptedException {
    String query = "?experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    HttpResponse<String> found = send(request("experiments/get-by-name" + query).GET().build());
    if (found.statusCode() == NOT_FOUND) {
      return post("experiments/create", Map.of("name", name)).path("experiment_id").asText();
    }
    return checked(found).path("experiment").path("experiment_id").asText();
  }

  /**
   * Calls a method.
   *
   * @param method for example {@code runs/create}
   * @param content what the protocol asks for
   * @return the answer
   * @throws IOException if the server cannot be reached or refuses
   */
  JsonNode post(String method, Map<String, ?> content) throws IOException, InterruptedException {
    HttpRequest request =
        request(method)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(content)))
            .build();
    return checked(send(request));
  }

  private HttpRequest.Builder request(String method) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + "/api/2.0/mlflow/" + method)).timeout(PATIENCE);
    return authorization == null ? request : request.header("Authorization", authorization);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private static JsonNode checked(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 != 2) {
      String reason = answer.body().lines().findFirst().orElse("");
      throw new IOException(
          "HTTP " + answer.statusCode() + " for " + answer.uri().getPath() + ": " + reason);
    }
    return JSON.readTree(answer.body());
  }
}
