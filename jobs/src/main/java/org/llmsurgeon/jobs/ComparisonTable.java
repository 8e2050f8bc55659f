package org.llmsurgeon.jobs;

import java.util.List;
import java.util.Locale;
import org.llmsurgeon.pipeline.ComparedRun;

/** Runs that were compared, for people and for programs. */
final class ComparisonTable {
  private static final double MIB = 1 << 20;

  private ComparisonTable() {}

  /** A table, a line for each run. */
  static String text(List<ComparedRun> runs) {
    TextTable table =
        new TextTable(
            "Method",
            "Curvature",
            "Update",
            "Sparsity",
            "Shots",
            "Removed",
            "Perplexity",
            "Seconds",
            "Measuring",
            "Peak MiB");
    for (ComparedRun run : runs) {
      table.row(
          run.method(),
          run.curvature(),
          run.update(),
          String.format(Locale.ROOT, "%.3f", run.sparsity()),
          String.valueOf(run.shots()),
          String.format(Locale.ROOT, "%.4f", run.removed()),
          String.format(Locale.ROOT, "%.4f", run.perplexity()),
          String.format(Locale.ROOT, "%.1f", run.seconds()),
          String.format(Locale.ROOT, "%.1f", run.measuringSeconds()),
          run.peakBytes() == null ? "" : String.format(Locale.ROOT, "%.0f", run.peakBytes() / MIB));
    }
    return table.toString();
  }

  /** Comma-separated values, a header first. */
  static String csv(List<ComparedRun> runs) {
    StringBuilder csv =
        new StringBuilder(
            "method,curvature,update,sparsity,shots,removed,perplexity,seconds,measuring_seconds,"
                + "peak_bytes\n");
    for (ComparedRun run : runs) {
      csv.append(run.method())
          .append(',')
          .append(run.curvature())
          .append(',')
          .append(run.update())
          .append(',')
          .append(run.sparsity())
          .append(',')
          .append(run.shots())
          .append(',')
          .append(run.removed())
          .append(',')
          .append(run.perplexity())
          .append(',')
          .append(run.seconds())
          .append(',')
          .append(run.measuringSeconds())
          .append(',')
          .append(run.peakBytes() == null ? "" : run.peakBytes())
          .append('\n');
    }
    return csv.toString();
  }
}
