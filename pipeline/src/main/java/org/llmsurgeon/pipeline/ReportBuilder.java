package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.surgery.Recipe;

/** Gathers what a run did into its report. */
final class ReportBuilder {
  private final Session session;
  private final RunPlan plan;
  private final List<PruningReport.Shot> shots = new ArrayList<>();
  private Double densePerplexity;
  private Double perplexityF32;
  private int resumedFromShot;
  private ShotManifest last;

  /**
   * An empty report.
   *
   * @param session the operation
   * @param plan the plan
   */
  ReportBuilder(Session session, RunPlan plan) {
    this.session = session;
    this.plan = plan;
  }

  /**
   * What decided a report's result.
   *
   * @param report of a finished run
   */
  static RunIdentity identity(PruningReport report) {
    return new RunIdentity(report.inputs(), report.recipe(), report.context());
  }

  /** Sets the perplexity of the model as it came. */
  void dense(Evaluation evaluation) {
    densePerplexity = evaluation.perplexity();
  }

  /** Sets the shot after which this process went on. */
  void resumedFrom(int shot) {
    resumedFromShot = shot;
  }

  /**
   * Adds the next shot.
   *
   * @param shot what it did
   * @param evaluation perplexity after it, with weights in F32
   */
  void shot(ShotManifest shot, Evaluation evaluation) {
    StageSeconds before = shot.seconds();
    shots.add(
        new PruningReport.Shot(
            shot.shot(),
            shot.target(),
            shot.removed(),
            shot.total(),
            shot.sparsity(),
            evaluation.perplexity(),
            new StageSeconds(
                before.tokenise(),
                before.accumulate(),
                before.reduce(),
                before.score(),
                before.cut(),
                evaluation.seconds())));
    last = shot;
    perplexityF32 = evaluation.perplexity();
  }

  /** Replaces the last shot's perplexity by that of the folder as written. */
  void written(Evaluation evaluation) {
    PruningReport.Shot shot = shots.get(shots.size() - 1);
    shots.set(
        shots.size() - 1,
        new PruningReport.Shot(
            shot.shot(),
            shot.target(),
            shot.removed(),
            shot.total(),
            shot.sparsity(),
            evaluation.perplexity(),
            shot.seconds()));
  }

  /** The report. */
  PruningReport build() {
    RunIdentity identity = plan.identity();
    return new PruningReport(
        versions(),
        identity.inputs(),
        identity.recipe(),
        identity.context(),
        Recipe.of(identity.recipe()).calibration().seed(),
        tokens(plan.calibration()),
        tokens(plan.test()),
        resumedFromShot,
        densePerplexity,
        perplexityF32,
        shots,
        last.layers().stream().map(ReportBuilder::layer).toList());
  }

  private PruningReport.Versions versions() {
    String own = ReportBuilder.class.getPackage().getImplementationVersion();
    return new PruningReport.Versions(
        own == null ? "development" : own,
        session.spark().version(),
        System.getProperty("java.version"),
        ExecutorDevice.shared().name());
  }

  private static PruningReport.Tokens tokens(WindowsFile file) {
    return file == null
        ? null
        : new PruningReport.Tokens(file.windows(), file.context(), file.tokens());
  }

  private static PruningReport.Layer layer(LayerFile file) {
    LayerFile.Cut cut = file.cut();
    return new PruningReport.Layer(
        file.layer(),
        cut.rows(),
        cut.rowsRemoved(),
        cut.rows() - cut.rowsRemoved(),
        cut.columns(),
        cut.columnsRemoved(),
        cut.columns() - cut.columnsRemoved(),
        cut.weights(),
        cut.removed(),
        cut.dampingG(),
        cut.dampingA());
  }
}
