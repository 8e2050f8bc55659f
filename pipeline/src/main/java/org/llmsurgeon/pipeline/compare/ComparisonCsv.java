package org.llmsurgeon.pipeline.compare;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;

/** Runs as comma-separated values (RFC 4180, lines ended by a line feed). */
final class ComparisonCsv {
  private static final String HEADER =
      "method,curvature,update,sparsity,shots,threshold,after,removed,perplexity,seconds,measuring_seconds,peak_bytes,questions,accuracy,normalised_accuracy,failure\n";

  private ComparisonCsv() {}

  /** A header, then a line for each run; what a run does not have is empty. */
  static String of(List<ComparedRun> runs) {
    return HEADER + runs.stream().map(ComparisonCsv::line).collect(Collectors.joining());
  }

  private static String line(ComparedRun run) {
    ChoiceResult choices = run.outcome().choices();
    return Stream.of(
            run.way().method(),
            run.way().curvature(),
            run.way().update(),
            run.way().sparsity(),
            run.way().shots(),
            run.way().threshold(),
            run.way().after(),
            run.outcome().removed(),
            run.outcome().perplexity(),
            run.outcome().seconds(),
            run.outcome().measuringSeconds(),
            run.outcome().peakBytes(),
            choices == null ? null : choices.questions(),
            choices == null ? null : choices.accuracy(),
            choices == null ? null : choices.normalisedAccuracy(),
            run.failure() == null ? null : run.failure().reason())
        .map(value -> quoted(Objects.toString(value, "")))
        .collect(Collectors.joining(",", "", "\n"));
  }

  private static String quoted(String text) {
    return text.matches("[^\",\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
