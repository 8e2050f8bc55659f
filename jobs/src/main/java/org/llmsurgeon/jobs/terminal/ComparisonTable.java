package org.llmsurgeon.jobs.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.pipeline.compare.ComparedRun;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;

/** Runs that were compared, for people. */
public final class ComparisonTable {
  private static final double MIB = 1 << 20;
  private static final List<String> HEADER =
      List.of(
          "Method",
          "Curvature",
          "Update",
          "Sparsity",
          "Shots",
          "Threshold",
          "After",
          "Removed",
          "Perplexity",
          "Excess loss",
          "Pruning s",
          "Measuring s",
          "Tensors MiB");

  private ComparisonTable() {}

  /**
   * A table, a line for each run; with columns of answers where questions were asked, and a column
   * of reasons where one has failed. The excess loss is that over the dense model, the first run,
   * in nats per token.
   */
  public static String text(List<ComparedRun> runs) {
    boolean failed = runs.stream().anyMatch(run -> run.failure() != null);
    boolean asked = runs.stream().anyMatch(run -> run.outcome().choices() != null);
    List<String> header = new ArrayList<>(HEADER);
    if (asked) {
      header.addAll(List.of("Accuracy", "Normalised"));
    }
    if (failed) {
      header.add("Not done because");
    }
    TextTable table = new TextTable(header.toArray(String[]::new));
    for (ComparedRun run : runs) {
      List<String> cells = cells(run, runs.get(0).outcome().perplexity());
      if (asked) {
        ChoiceResult choices = run.outcome().choices();
        cells.add(choices == null ? "" : Format.percent(choices.accuracy()));
        cells.add(choices == null ? "" : Format.percent(choices.normalisedAccuracy()));
      }
      if (failed) {
        cells.add(run.failure() == null ? "" : run.failure().reason());
      }
      table.row(cells.toArray(String[]::new));
    }
    return table.toString();
  }

  private static List<String> cells(ComparedRun run, Double dense) {
    return new ArrayList<>(
        List.of(
            run.way().method(),
            run.way().curvature(),
            run.way().update(),
            String.format(Locale.ROOT, "%.3f", run.way().sparsity()),
            String.valueOf(run.way().shots()),
            run.way().threshold(),
            run.way().after(),
            number("%.4f", run.outcome().removed()),
            number("%.4f", run.outcome().perplexity()),
            number("%.4f", run.excessLoss(dense)),
            number("%.1f", run.outcome().seconds()),
            number("%.1f", run.outcome().measuringSeconds()),
            run.outcome().peakBytes() == null
                ? ""
                : number("%.1f", run.outcome().peakBytes() / MIB)));
  }

  /** Nothing where there is none. */
  private static String number(String format, Double value) {
    return value == null ? "" : String.format(Locale.ROOT, format, value);
  }
}
