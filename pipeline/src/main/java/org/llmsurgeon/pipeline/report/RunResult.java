package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * The little that a scheduler needs to know of a finished run, small enough to travel as a message;
 * flat where it is written.
 *
 * @param places where its results are
 * @param densePerplexity of the model as it came, or null
 * @param perplexity of the folder as written, or null
 * @param removal how much is gone
 * @param shots that were done
 * @param warnings how many the report has
 * @param seconds wall-clock time of the stages, or null; of a run that went on, of its last part
 */
public record RunResult(
    @JsonUnwrapped Places places,
    Double densePerplexity,
    Double perplexity,
    @JsonUnwrapped Gone removal,
    int shots,
    int warnings,
    Double seconds) {
  /**
   * Where results are.
   *
   * @param output folder of the pruned model
   * @param report its report
   * @param page the same for people
   */
  public record Places(String output, String report, String page) {}

  /**
   * How much is gone.
   *
   * @param sparsity share of the prunable weights that is gone
   * @param removed how many that are
   * @param total of how many
   */
  public record Gone(double sparsity, long removed, long total) {}

  /**
   * Of a run.
   *
   * @param output absolute path or URI of its folder
   * @param report what it did
   */
  public static RunResult of(String output, PruningReport report) {
    ShotReport last = report.shots().get(report.shots().size() - 1);
    return new RunResult(
        new Places(
            output,
            Storage.child(output, PruningReport.FILE),
            Storage.child(output, ReportPage.RUN_FILE)),
        report.quality().densePerplexity(),
        report.perplexity(),
        new Gone(report.sparsity(), last.removal().removed(), last.removal().total()),
        report.shots().size(),
        report.notes().warnings().size(),
        report.resources() == null ? null : report.resources().actual().seconds());
  }
}
