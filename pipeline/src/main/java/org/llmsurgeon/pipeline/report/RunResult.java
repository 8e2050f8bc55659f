package org.llmsurgeon.pipeline.report;

import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * The little that a scheduler needs to know of a finished run, small enough to travel as a message.
 *
 * @param output folder of the pruned model
 * @param report its report
 * @param page the same for people
 * @param densePerplexity of the model as it came, or null
 * @param perplexity of the folder as written, or null
 * @param sparsity share of the prunable weights that is gone
 * @param removed how many that are
 * @param total of how many
 * @param shots that were done
 * @param warnings how many the report has
 * @param seconds wall-clock time of the stages, or null; of a run that went on, of its last part
 */
public record RunResult(
    String output,
    String report,
    String page,
    Double densePerplexity,
    Double perplexity,
    double sparsity,
    long removed,
    long total,
    int shots,
    int warnings,
    Double seconds) {
  /**
   * Of a run.
   *
   * @param output absolute path or URI of its folder
   * @param report what it did
   */
  public static RunResult of(String output, PruningReport report) {
    PruningReport.Shot last = report.shots().get(report.shots().size() - 1);
    return new RunResult(
        output,
        Storage.child(output, PruningReport.FILE),
        Storage.child(output, ReportPage.RUN_FILE),
        report.densePerplexity(),
        report.perplexity(),
        report.sparsity(),
        last.removed(),
        last.total(),
        report.shots().size(),
        report.warnings().size(),
        report.resources() == null ? null : report.resources().actual().seconds());
  }
}
