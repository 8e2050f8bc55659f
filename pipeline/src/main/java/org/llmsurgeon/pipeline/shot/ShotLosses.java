package org.llmsurgeon.pipeline.shot;

import java.util.Arrays;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pipeline.run.Evaluation;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.surgery.shot.ShotChoice;

/**
 * How much the loss grew in a shot, and how much the quadratic model said it would, in nats per
 * token.
 */
public final class ShotLosses {
  private final RunDirectory run;
  private final RunPlan plan;
  private final Objective objective;

  /** How often a cost counts; 0 while that is not known. */
  private double often;

  /**
   * Losses of a run.
   *
   * @param run run directory
   * @param plan its plan
   * @param objective what the model is to do
   */
  public ShotLosses(RunDirectory run, RunPlan plan, Objective objective) {
    this.run = run;
    this.plan = plan;
    this.objective = objective;
  }

  /**
   * A cost of the quadratic model as nats per token, see {@link #often}.
   *
   * @param cost of the quadratic model; null where there is none
   * @return null where there is no cost, or the curvature is not one of the loss
   */
  public Double nats(Double cost) {
    boolean ofLoss = plan.recipe().curvature().kind().ofLoss();
    if (cost == null || !ofLoss) {
      return null;
    }
    if (often == 0) {
      WindowsFile file = plan.windows().calibration();
      int some = Math.min(file.windows(), file.partWindows());
      often = often(objective, Windows.read(run, file, 0, some));
    }
    return often * cost;
  }

  /**
   * How often a cost counts in the loss of an example. Factors are means over the {@code T} tokens
   * of gradients of the mean loss of {@code n} predictions, whose squares are by {@code n} smaller
   * than the curvature of that mean; so it is {@code T n}, and {@code T (T - 1)} where each token
   * but the first is said. Of examples that differ both are means.
   *
   * @param objective what is said
   * @param windows at least one
   */
  static double often(Objective objective, int[][] windows) {
    long tokens = 0;
    long said = 0;
    for (int[] window : windows) {
      int[] targets = objective.example(window).targets();
      tokens += targets.length;
      said += Arrays.stream(targets).filter(each -> each >= 0).count();
    }
    return (double) tokens / windows.length * ((double) said / windows.length);
  }

  /**
   * Growth of the loss that the quadratic model predicts of what a shot did to the weights, before
   * any correction.
   *
   * @param shot as it was committed
   * @return null where the curvature is not one of the loss
   */
  public Double predicted(ShotManifest shot) {
    return nats(cost(shot));
  }

  private static double cost(ShotManifest shot) {
    return shot.layers().stream().mapToDouble(each -> each.cut().quadraticCost()).sum();
  }

  /**
   * What the costs of a choice say in nats, in proportion: units are chosen by costs under more
   * damping than what they add to the loss is told by, so that nothing that the data hardly shows
   * looks free.
   *
   * @param choice costs that {@code cost} is one of or is comparable to
   * @param shot what became of the choice
   * @param cost to be told
   * @return null where nothing is predicted
   */
  public Double share(ShotChoice choice, ShotManifest shot, double cost) {
    Double all = choice.predicted().cost();
    if (all == null) {
      return null;
    }
    return nats(all == 0 ? cost : cost / all * cost(shot));
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
        run.finished(Evaluation.after(ShotStage.CUT, shot), Evaluation.class)
            .orElseGet(() -> evaluation(shot));
    return Math.log(after.perplexity()) - Math.log(evaluation(shot - 1).perplexity());
  }

  private Evaluation evaluation(int shot) {
    return run.required(Evaluation.path(shot), Evaluation.class);
  }

  /**
   * Growth of the calibration loss.
   *
   * @param shot a committed shot
   * @return null where the next shot has not gathered its factors, a curvature needs no data, or
   *     examples do not say what is right
   */
  Double onCalibration(int shot) {
    Double before = calibrationLoss(shot);
    Double after = calibrationLoss(shot + 1);
    return before == null || after == null ? null : after - before;
  }

  private Double calibrationLoss(int shot) {
    if (!objective.hasAnswers()) {
      return null;
    }
    return run.finished(FactorsManifest.path(shot), FactorsManifest.class)
        .map(FactorsManifest::calibrationLoss)
        .orElse(null);
  }
}
