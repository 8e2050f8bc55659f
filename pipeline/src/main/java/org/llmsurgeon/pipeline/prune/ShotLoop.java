package org.llmsurgeon.pipeline.prune;

import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cut.HalvesStage;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.output.SavedModels;
import org.llmsurgeon.pipeline.report.ReportBuilder;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.ExpertTokens;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.TrustRecord;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.choose.HalvesCheck;
import org.llmsurgeon.surgery.choose.TrustRegion;

/** All shots of a run, with what is measured, reported and kept of each. */
final class ShotLoop {
  private final Session session;
  private final RunDirectory run;
  private final RunPlan plan;
  private final ModelConfig config;
  private final Evaluator evaluator;

  /**
   * The shots of a run.
   *
   * @param session the operation
   * @param run run directory
   * @param plan its plan
   * @param config the model
   * @param evaluator measures the dense model and each shot
   */
  ShotLoop(
      Session session, RunDirectory run, RunPlan plan, ModelConfig config, Evaluator evaluator) {
    this.session = session;
    this.run = run;
    this.plan = plan;
    this.config = config;
    this.evaluator = evaluator;
  }

  /**
   * Does the shots that are left.
   *
   * @param report told of every shot
   * @param saved keeps the models that are asked for on the way
   */
  void run(ReportBuilder report, SavedModels saved) {
    report.dense(evaluator.afterShot(StageName.of("evaluate"), shot(1).model(), 0));
    int committed = Shots.committed(run, plan.shots());
    report.resumedFrom(committed);
    if (committed > 0) {
      session.progress().note("going on after shot " + committed + "/" + plan.shots());
    }
    new Shots(shot(1), 0)
        .each(
            manifest -> {
              tell(manifest, report, manifest.shot() >= committed);
              saved.keep(manifest, report);
            });
  }

  private void tell(ShotManifest manifest, ReportBuilder report, boolean shown) {
    int number = manifest.shot();
    ShotContext shot = shot(number);
    Evaluation evaluation = evaluator.afterShot(shot.stage("evaluate"), shot.after(), number);
    tellFindings(number, report);
    report.shot(manifest, shot.selection(number), evaluation);
    if (shown) {
      session.progress().note(report.line());
    }
    session.progress().shotFinished(report.figures());
    report.newWarnings().forEach(session.progress()::note);
  }

  /** What stages have written down beside what they made. */
  private void tellFindings(int shot, ReportBuilder report) {
    if (shot == 1) {
      run.finished(HalvesStage.path(1), HalvesCheck.class).ifPresent(report::halves);
    }
    run.finished(ExpertTokens.path(shot), ExpertTokens.class)
        .ifPresent(experts -> report.experts(shot, experts));
    for (int round = 1; round <= TrustRegion.MOST_ROUNDS; round++) {
      int number = round;
      run.finished(TrustRecord.path(shot, round), TrustRecord.class)
          .ifPresent(tried -> report.trust(shot, number, tried));
    }
  }

  private ShotContext shot(int shot) {
    return ShotContext.of(session, run, plan, config, shot);
  }
}
