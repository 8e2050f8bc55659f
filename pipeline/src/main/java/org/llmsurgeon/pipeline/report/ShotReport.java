package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.llmsurgeon.pipeline.run.AfterCut;
import org.llmsurgeon.pipeline.run.StageSeconds;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.surgery.recipe.AdaptiveSteps;

/**
 * One shot. What is predicted and measured is growth of the loss in this shot, nats per token.
 *
 * @param shot from 1
 * @param removal how much is gone
 * @param loss what it did to the loss
 * @param choice what went
 * @param seconds time of its stages
 * @param after what followed the cut
 * @param size what the model takes after it, if nothing is stored of what is gone; null where that
 *     is not known
 */
public record ShotReport(
    int shot,
    @JsonUnwrapped Removal removal,
    @JsonUnwrapped Loss loss,
    @JsonUnwrapped Choice choice,
    StageSeconds seconds,
    @JsonUnwrapped AfterCut after,
    Size size) {
  /**
   * Weights that are gone.
   *
   * @param target share of the weights that was to be gone
   * @param removed weights that are gone, exactly
   * @param total weights of the prunable layers, biases included
   * @param sparsity {@code removed / total}
   * @param threshold largest cost, or cost per weight, among what went
   */
  public record Removal(
      double target, long removed, long total, double sparsity, double threshold) {}

  /**
   * What a shot did to the loss.
   *
   * @param predictedNats by the quadratic model of what was done to the weights, {@code T (T - 1)}
   *     times the cost, where {@code T} are the tokens of a window; null where the curvature is not
   *     one of the loss
   * @param measuredNats difference of the logarithms of the perplexity; where there is no test
   *     text, of the calibration loss, which the last shot does not know
   * @param perplexity on the test text
   */
  public record Loss(Double predictedNats, Double measuredNats, Double perplexity) {}

  /**
   * What went in a shot.
   *
   * @param constraints what each constraint on the widths of layers costs, by its option
   * @param units what went of each kind of unit
   * @param pathsFollowedAgain groups whose elimination path had to be followed further
   * @param costs by kind of structure, how many cost how much, beside the threshold; per weight for
   *     units
   */
  public record Choice(
      Map<String, Constraint> constraints,
      Map<String, UnitShare> units,
      int pathsFollowedAgain,
      Map<String, CostCounts> costs) {
    /** Copies the maps. */
    public Choice {
      constraints = new TreeMap<>(constraints);
      units = new TreeMap<>(units);
      costs = costs == null ? Map.of() : new TreeMap<>(costs);
    }
  }

  /**
   * What went of one kind of unit in a shot.
   *
   * @param removed units
   * @param predictedNats their part of the predicted growth of the loss, in proportion to what they
   *     cost when they were chosen
   */
  public record UnitShare(int removed, Double predictedNats) {}

  /**
   * What a constraint on the widths of layers costs in a shot, the others in place.
   *
   * @param predictedNatsWithout growth of the loss that would be predicted without it
   * @param addedNats what it added to the prediction; negative where it let less go
   * @param removedWithout weights that would be gone without it
   */
  public record Constraint(Double predictedNatsWithout, Double addedNats, long removedWithout) {}

  /**
   * What a model takes.
   *
   * @param parameters numbers
   * @param bytes of them, each with the mean size of the dense model's
   * @param multiplyAdds of one token, in the linear layers and the head
   */
  public record Size(long parameters, long bytes, long multiplyAdds) {}

  /** Growth of the loss below which nothing is worth a warning, nats. */
  private static final double NOTHING = 1e-3;

  ShotReport with(Size taken) {
    return new ShotReport(shot, removal, loss, choice, seconds, after, taken);
  }

  ShotReport with(Loss known) {
    return new ShotReport(shot, removal, known, choice, seconds, after, size);
  }

  /** A sentence where the loss grew by far more than was predicted. */
  public Optional<String> warning() {
    Double predicted = loss.predictedNats();
    Double measured = loss.measuredNats();
    if (predicted == null
        || measured == null
        || measured <= NOTHING
        || measured <= AdaptiveSteps.WRONG * predicted) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "In shot %d the loss grew by %.4f nats, more than %.0f times the predicted %.4f; take"
                + " more and smaller shots.",
            shot,
            measured,
            AdaptiveSteps.WRONG,
            predicted));
  }
}
