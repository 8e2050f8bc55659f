package org.llmsurgeon.jobs.watch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.llmsurgeon.Reason;
import org.llmsurgeon.pipeline.cluster.ShotFigures;

/**
 * A run of MLflow that follows a run of this program: its settings as parameters, the figures of
 * each shot as metrics, and how it ended. Nobody's run fails for it: what the server refuses, or
 * that it is not there, is told once, and the rest is left out.
 */
public final class MlflowRun implements RunObserver, AutoCloseable {
  /** Names the server, as for MLflow's own clients. */
  public static final String ADDRESS = "MLFLOW_TRACKING_URI";

  /** Names the experiment, likewise. */
  private static final String EXPERIMENT = "MLFLOW_EXPERIMENT_NAME";

  private static final String DEFAULT_EXPERIMENT = "llm-surgeon";

  /** MLflow takes at most so many parameters in a batch. */
  private static final int BATCH = 100;

  private final MlflowServer server;
  private final Consumer<String> notes;
  private String run;
  private boolean finished;

  private MlflowRun(MlflowServer server, Consumer<String> notes) {
    this.server = server;
    this.notes = notes;
  }

  /**
   * Begins one where a server is named.
   *
   * @param environment names and values: {@value #ADDRESS} and what else MLflow's clients take
   * @param name what the run is called
   * @param settings its parameters; null values are left out
   * @param notes told why it is not followed
   * @return empty where none is named
   */
  public static Optional<MlflowRun> begin(
      Map<String, String> environment,
      String name,
      Map<String, ?> settings,
      Consumer<String> notes) {
    String address = environment.get(ADDRESS);
    if (address == null || address.isBlank()) {
      return Optional.empty();
    }
    if (!address.matches("https?://.+")) {
      notes.accept(
          ADDRESS
              + " is '"
              + address
              + "', which is no http:// or https:// address; the run is"
              + " not tracked.");
      return Optional.empty();
    }
    MlflowRun run = new MlflowRun(new MlflowServer(address, environment), notes);
    String experiment = environment.getOrDefault(EXPERIMENT, DEFAULT_EXPERIMENT);
    run.attempt(() -> run.create(experiment, name, settings));
    return run.run == null ? Optional.empty() : Optional.of(run);
  }

  private void create(String experiment, String name, Map<String, ?> settings)
      throws IOException, InterruptedException {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("experiment_id", server.experiment(experiment));
    content.put("run_name", name);
    content.put("start_time", System.currentTimeMillis());
    String id =
        server.post("runs/create", content).path("run").path("info").path("run_id").asText();
    List<Map<String, String>> parameters = new ArrayList<>();
    settings.forEach(
        (key, value) -> {
          if (value != null) {
            parameters.add(Map.of("key", key, "value", value.toString()));
          }
        });
    for (int from = 0; from < parameters.size(); from += BATCH) {
      List<?> some = parameters.subList(from, Math.min(from + BATCH, parameters.size()));
      server.post("runs/log-batch", Map.of("run_id", id, "params", some));
    }
    run = id;
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    // The shot has the times of its stages.
  }

  @Override
  public void shotFinished(ShotFigures shot) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("sparsity", shot.sparsity());
    values.put("perplexity", shot.perplexity());
    values.put("tokens_per_second", shot.tokensPerSecond());
    shot.seconds().forEach((stage, seconds) -> values.put(stage + "_seconds", seconds));
    log(values, shot.shot());
  }

  /**
   * Ends it well.
   *
   * @param values last figures, by name; null values are left out
   */
  public void finished(Map<String, Double> values) {
    log(values, 0);
    finished = true;
  }

  private void log(Map<String, Double> values, int step) {
    long now = System.currentTimeMillis();
    List<Map<String, Object>> metrics = new ArrayList<>();
    values.forEach(
        (key, value) -> {
          if (value != null) {
            metrics.add(Map.of("key", key, "value", value, "timestamp", now, "step", step));
          }
        });
    attempt(() -> server.post("runs/log-batch", Map.of("run_id", run, "metrics", metrics)));
  }

  @Override
  public void close() {
    Map<String, Object> end =
        Map.of(
            "run_id", String.valueOf(run),
            "status", finished ? "FINISHED" : "FAILED",
            "end_time", System.currentTimeMillis());
    attempt(() -> server.post("runs/update", end));
  }

  /** A call of the server. */
  @FunctionalInterface
  private interface Call {
    void make() throws IOException, InterruptedException;
  }

  private boolean broken;

  private void attempt(Call call) {
    if (broken) {
      return;
    }
    try {
      call.make();
    } catch (IOException refused) {
      broken = true;
      notes.accept(
          "The MLflow server of "
              + ADDRESS
              + " does not take the run ("
              + Reason.of(refused)
              + "); the run goes on and is not tracked.");
    } catch (InterruptedException stopped) {
      broken = true;
      Thread.currentThread().interrupt();
    }
  }
}
