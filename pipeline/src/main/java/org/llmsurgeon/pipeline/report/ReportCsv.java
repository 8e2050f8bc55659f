package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The numbers of a pruning report as tables of comma-separated values: its shots, layers, factors
 * and stages. Each has a header, and what a line does not have is empty.
 */
final class ReportCsv {
  /** Name of the table of shots, the dense model first. */
  static final String FILE = "report.csv";

  /** Name of the table of layers as they are after the last shot. */
  static final String LAYERS_FILE = "report-layers.csv";

  /** Name of the table of factors, shot by shot. */
  static final String FACTORS_FILE = "report-factors.csv";

  /** Name of the table of stages, as planned and as measured. */
  static final String STAGES_FILE = "report-stages.csv";

  private static final List<String> COLUMNS =
      List.of(
          "shot",
          "target",
          "sparsity",
          "removed",
          "total",
          "threshold",
          "predicted_nats",
          "measured_nats",
          "perplexity");
  private static final List<String> SIZES = List.of("parameters", "bytes", "multiply_adds");
  private static final List<String> STAGES =
      List.of("tokenise", "accumulate", "reduce", "score", "cut", "evaluate");
  private static final List<String> LAYER =
      List.of(
          "name",
          "rows",
          "rows_removed",
          "rows_left",
          "columns",
          "columns_removed",
          "columns_left",
          "weights",
          "removed",
          "removed_before",
          "zeros_before",
          "damping_g",
          "damping_a");
  private static final List<String> FACTOR =
      List.of(
          "shot",
          "layer",
          "factor",
          "size",
          "dead",
          "smallest_diagonal",
          "largest_diagonal",
          "trace",
          "condition",
          "damping",
          "retries");

  /** What of its factors in the last shot stands with a layer. */
  private static final List<String> HEALTH = List.of("condition", "dead", "retries");

  private static final List<String> AMOUNT =
      List.of("times", "seconds", "read", "written", "device", "memory");

  private ReportCsv() {}

  /**
   * All tables by the names of their files.
   *
   * @param report content of {@code pruning_report.json}
   * @return UTF-8
   */
  static Map<String, byte[]> files(JsonNode report) {
    Map<String, List<String>> tables = new TreeMap<>();
    tables.put(FILE, shots(report));
    tables.put(LAYERS_FILE, layers(report));
    tables.put(FACTORS_FILE, factors(report));
    tables.put(STAGES_FILE, stages(report));
    Map<String, byte[]> files = new TreeMap<>();
    tables.forEach(
        (name, lines) ->
            files.put(name, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8)));
    return files;
  }

  private static List<String> shots(JsonNode report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        Stream.of(COLUMNS, SIZES, STAGES.stream().map(stage -> stage + "_seconds").toList())
            .flatMap(List::stream)
            .collect(Collectors.joining(",")));
    lines.add(dense(report));
    for (JsonNode shot : report.path("shots")) {
      lines.add(
          line(
              Stream.of(
                      fields(shot, COLUMNS),
                      fields(shot.path("size"), SIZES),
                      fields(shot.path("seconds"), STAGES))
                  .flatMap(each -> each)));
    }
    return lines;
  }

  private static String dense(JsonNode report) {
    JsonNode total = report.path("shots").path(0).path("total");
    return "0,0,0,0,"
        + text(total)
        + ",,,,"
        + text(report.path("dense_perplexity"))
        + SIZES.stream()
            .map(report.path("export").path("before")::path)
            .map(size -> "," + text(size))
            .collect(Collectors.joining())
        + ",".repeat(STAGES.size());
  }

  private static List<String> layers(JsonNode report) {
    Map<String, JsonNode> health = lastFactors(report);
    List<String> lines = new ArrayList<>();
    lines.add(
        Stream.concat(
                LAYER.stream(),
                Stream.of("g", "a").flatMap(of -> HEALTH.stream().map(name -> name + "_" + of)))
            .collect(Collectors.joining(",")));
    for (JsonNode layer : report.path("layers")) {
      String name = text(layer.path("name"));
      lines.add(
          line(
              Stream.concat(
                  fields(layer, LAYER),
                  Stream.of("G", "A")
                      .map(of -> health.getOrDefault(name + " " + of, report.path("none")))
                      .flatMap(factor -> fields(factor, HEALTH)))));
    }
    return lines;
  }

  /** The factors of the last shot by their layer and kind. */
  private static Map<String, JsonNode> lastFactors(JsonNode report) {
    int last = report.path("shots").size() - 1;
    int shot = report.path("shots").path(last).path("shot").asInt();
    return StreamSupport.stream(report.path("factors").spliterator(), false)
        .filter(factor -> factor.path("shot").asInt() == shot)
        .collect(
            Collectors.toMap(
                factor -> text(factor.path("layer")) + " " + text(factor.path("factor")),
                factor -> factor,
                (before, after) -> after));
  }

  private static List<String> factors(JsonNode report) {
    List<String> lines = new ArrayList<>(List.of(String.join(",", FACTOR)));
    report.path("factors").forEach(factor -> lines.add(line(fields(factor, FACTOR))));
    return lines;
  }

  private static List<String> stages(JsonNode report) {
    List<String> sides = List.of("planned", "actual");
    List<String> lines = new ArrayList<>();
    lines.add(
        Stream.concat(
                Stream.of("stage"),
                sides.stream().flatMap(side -> AMOUNT.stream().map(name -> side + "_" + name)))
            .collect(Collectors.joining(",")));
    for (JsonNode stage : report.path("resources").path("stages")) {
      lines.add(
          line(
              Stream.concat(
                  Stream.of(stage.path("name")),
                  sides.stream().flatMap(side -> fields(stage.path(side), AMOUNT)))));
    }
    return lines;
  }

  private static Stream<JsonNode> fields(JsonNode object, List<String> names) {
    return names.stream().map(object::path);
  }

  private static String line(Stream<JsonNode> values) {
    return values.map(ReportCsv::text).collect(Collectors.joining(","));
  }

  private static String text(JsonNode value) {
    return value.isNull() || value.isMissingNode() ? "" : value.asText();
  }
}
