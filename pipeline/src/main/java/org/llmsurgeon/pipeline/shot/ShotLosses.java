package org.llmsurgeon.pipeline.shot;

import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.SelectionManifest;

/**
 * How much the loss grew in a shot, and how much the quadratic model said it would, in nats per
 * token.
 */
public final class ShotLosses {
  private final RunDirectory run;
  private final RunPlan plan;

  /**
   * Losses of a run.
   *
   * @param run run directory
   * @param plan its plan
   */
  public ShotLosses(RunDirectory run, RunPlan plan) {
    this.run = run;
    this.plan = plan;
  }

  /**
   * A cost of the quadratic model as nats per token. Factors are of gradients of a sequence's mean
   * loss over {@code T - 1} predictions, and means over {@code T} tokens; so a cost counts {@code T
   * (T - 1)} times.
   *
   * @param cost of the quadratic model; null where there is none
   * @return null where there is no cost, or the curvature is not one of the loss
   */
  public Double nats(Double cost) {
    boolean ofLoss = plan.recipe().curvature().kind().ofLoss();
    if (cost == null || !ofLoss) {
      return null;
    }
    double context = plan.windows().calibration().context();
    return context * (context - 1) * cost;
  }

  /** Predicted growth of the loss by what a selection takes, or null. */
  public Double predicted(SelectionManifest selection) {
    return nats(selection.predicted().cost());
  }

  /**
   * Measured growth of the loss: of the test text, or where there is none, of the calibration text.
   *
   * @param shot a committed and evaluated shot
   * @return null where neither is known, or each shot has its own calibration text
   */
  public Double measured(int shot) {
    if (plan.windows().test() != null) {
      return onTest(shot);
    }
    return plan.windows().fresh().isEmpty() ? onCalibration(shot) : null;
  }

  /** Growth of the logarithm of the perplexity by the cut, before any correction. */
  private Double onTest(int shot) {
    Evaluation after =
        run.finished(Evaluation.ofCut(shot), Evaluation.class).orElseGet(() -> evaluation(shot));
    return Math.log(after.perplexity()) - Math.log(evaluation(shot - 1).perplexity());
  }

  private Evaluation evaluation(int shot) {
    return run.required(Evaluation.path(shot), Evaluation.class);
  }

  /**
   * Growth of the calibration loss.
   *
   * @param shot a committed shot
   * @return null where the next shot has not gathered its factors, or a curvature needs no data
   */
  Double onCalibration(int shot) {
    Double before = calibrationLoss(shot);
    Double after = calibrationLoss(shot + 1);
    return before == null || after == null ? null : after - before;
  }

  private Double calibrationLoss(int shot) {
    return run.finished(FactorsManifest.path(shot), FactorsManifest.class)
        .map(FactorsManifest::calibrationLoss)
        .orElse(null);
  }
}
