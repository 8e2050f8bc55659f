package org.llmsurgeon.pipeline.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ReportBuilder;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.SavedFolders;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The models that are kept on the way, each a finished folder inside the output: {@code at-0.10}.
 * One is whole when it has its report; that it is done is also kept in the run directory, so a run
 * that goes on does not write it again.
 */
public final class SavedModels {
  /** The output folder, in its own report. */
  private static final String HERE = ".";

  private final ModelExport export;
  private final RunDirectory run;
  private final Recipe recipe;
  private final double share;
  private final List<PruningReport.Saved> all = new ArrayList<>();

  /**
   * The models of a run.
   *
   * @param export writes them
   * @param run run directory
   * @param plan its plan
   */
  public SavedModels(ModelExport export, RunDirectory run, RunPlan plan) {
    this.export = export;
    this.run = run;
    this.recipe = plan.recipe();
    this.share = plan.share();
  }

  /**
   * Keeps the model after a shot, where that is asked for and not done yet.
   *
   * @param shot the last committed shot, evaluated and in the report
   * @param report what was done so far
   */
  public void keep(ShotManifest shot, ReportBuilder report) {
    Optional<Double> asked = recipe.savedAt(shot.removal().target(), share);
    if (asked.isEmpty() || asked.get() == recipe.goal().sparsity()) {
      return;
    }
    String record = RunDirectory.inShot(shot.shot(), "saved.json");
    PruningReport.Saved saved =
        run.finished(record, PruningReport.Saved.class)
            .orElseGet(
                () -> {
                  PruningReport.Saved made = write(asked.get(), shot, report);
                  run.commit(record, made);
                  return made;
                });
    all.add(saved);
  }

  private PruningReport.Saved write(double asked, ShotManifest shot, ReportBuilder report) {
    ModelExport.Staged staged =
        export.stage(export.output().inside(SavedFolders.name(asked)), shot.shot());
    PruningReport.Saved saved =
        new PruningReport.Saved(
            asked,
            shot.shot(),
            shot.removal().sparsity(),
            staged.evaluation().perplexity(),
            SavedFolders.name(asked));
    List<PruningReport.Saved> own = new ArrayList<>(all.stream().map(SavedModels::beside).toList());
    own.add(
        new PruningReport.Saved(asked, saved.shot(), saved.sparsity(), saved.perplexity(), HERE));
    staged.publish(report.build(staged.evaluation(), own, staged.export()));
    return saved;
  }

  private static PruningReport.Saved beside(PruningReport.Saved other) {
    return new PruningReport.Saved(
        other.share(), other.shot(), other.sparsity(), other.perplexity(), "../" + other.folder());
  }

  /**
   * All models that were kept, and the output itself where it is one of those asked for.
   *
   * @param last the last shot
   * @param evaluation of the output
   */
  public List<PruningReport.Saved> with(ShotManifest last, Evaluation evaluation) {
    List<PruningReport.Saved> saved = new ArrayList<>(all);
    recipe
        .savedAt(last.removal().target(), share)
        .filter(asked -> asked == recipe.goal().sparsity())
        .ifPresent(
            asked ->
                saved.add(
                    new PruningReport.Saved(
                        asked,
                        last.shot(),
                        last.removal().sparsity(),
                        evaluation.perplexity(),
                        HERE)));
    return saved;
  }
}
