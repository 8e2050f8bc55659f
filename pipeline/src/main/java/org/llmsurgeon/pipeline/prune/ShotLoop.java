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

/**
 * All shots of a run, one after the other; those that are committed already are only told to the
 * report.
 */
final class ShotLoop {
  private final Session session;
  private final RunDirectory run;
  private final RunPlan plan;
  private final ModelConfig config;
  private final Evaluator evaluator;
  private final Intermediates intermediates;

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
    this.intermediates = new Intermediates(run, shot(1).recipe());
  }

  /**
   * Shots that an earlier process has committed.
   *
   * @param run run directory
   * @param shots most to look for
   */
  static int committed(RunDirectory run, int shots) {
    int last = 0;
    while (last < shots
        && run.finished(RunDirectory.manifest(last + 1), ShotManifest.class).isPresent()) {
      last++;
    }
    return last;
  }

  /**
   * Does the shots that are left.
   *
   * @param report told of every shot
   * @param saved keeps the models that are asked for on the way
   */
  void run(ReportBuilder report, SavedModels saved) {
    report.dense(evaluator.afterShot(StageName.of("evaluate"), shot(1).model(), 0));
    int committed = committed(run, plan.shots());
    report.resumedFrom(committed);
    if (committed > 0) {
      session.progress().note("going on after shot " + committed + "/" + plan.shots());
    }
    int shot = 0;
    do {
      shot++;
      ShotRun each = new ShotRun(shot(shot));
      ShotManifest manifest = each.commit();
      if (shot > committed) {
        session.usage().disk(session.storage().bytesIn(run.path()));
      }
      if (shot >= committed) {
        intermediates.deleteAfter(shot);
      }
      Evaluation evaluation = each.evaluate(evaluator);
      tellFindings(shot, report);
      report.shot(manifest, shot(shot).selection(shot), evaluation);
      if (shot >= committed) {
        session.progress().note(report.line());
      }
      session.progress().shotFinished(report.figures());
      report.newWarnings().forEach(session.progress()::note);
      saved.keep(manifest, report);
    } while (!report.isLast());
    intermediates.deleteFactors(shot);
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
