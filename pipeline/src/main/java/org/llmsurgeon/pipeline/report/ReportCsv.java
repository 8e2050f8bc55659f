package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The shots of a pruning report as comma-separated values, the dense model first. */
final class ReportCsv {
  /** Name of the file. */
  public static final String FILE = "report.csv";

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

  private ReportCsv() {}

  /**
   * A header, then a line for each shot; what a shot does not have is empty.
   *
   * @param report content of {@code pruning_report.json}
   * @return UTF-8
   */
  public static byte[] of(JsonNode report) {
    StringBuilder csv = new StringBuilder();
    csv.append(
        Stream.of(COLUMNS, SIZES, STAGES.stream().map(stage -> stage + "_seconds").toList())
            .flatMap(List::stream)
            .collect(Collectors.joining(",", "", "\n")));
    csv.append(dense(report));
    for (JsonNode shot : report.path("shots")) {
      csv.append(
          Stream.of(
                  COLUMNS.stream().map(shot::path),
                  SIZES.stream().map(shot.path("size")::path),
                  STAGES.stream().map(shot.path("seconds")::path))
              .flatMap(each -> each)
              .map(ReportCsv::text)
              .collect(Collectors.joining(",", "", "\n")));
    }
    return csv.toString().getBytes(StandardCharsets.UTF_8);
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
        + ",".repeat(STAGES.size())
        + "\n";
  }

  private static String text(JsonNode value) {
    return value.isNull() || value.isMissingNode() ? "" : value.asText();
  }
}
