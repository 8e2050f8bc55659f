package org.llmsurgeon.pipeline.compare;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Locale;
import org.llmsurgeon.pipeline.evaluate.ChoiceResult;

/**
 * One method at one sparsity, or the dense model; flat where it is written.
 *
 * @param way what was done
 * @param outcome what it came to; all null where the run failed
 * @param failure why there is no result; null where there is one
 */
public record ComparedRun(@JsonUnwrapped Way way, @JsonUnwrapped Outcome outcome, Failure failure) {
  /** Name of the run that prunes nothing. */
  static final String DENSE = "dense";

  /**
   * How a model was pruned. Words are empty for the dense model.
   *
   * @param method its name; {@value #DENSE} for the model as it is
   * @param curvature kind of the curvature, or what a score looks at: identity for the weights
   *     alone, activations, gradients
   * @param update how the weights that stay make up for those that go
   * @param sparsity share that was to be gone of the weights of the layers that may be pruned
   * @param shots rounds of measuring and cutting
   * @param threshold whether one threshold is over all layers, as global or layer; global+trust
   *     where no layer goes further than its prediction was measured to hold
   * @param after what followed the cut: none, reconstruct, a kind of correction, or both joined by
   *     a plus sign
   */
  public record Way(
      String method,
      String curvature,
      String update,
      double sparsity,
      int shots,
      String threshold,
      String after) {
    /** What tells it from the others, in a few words. */
    public String label() {
      return String.format(
          Locale.ROOT,
          "%s to %s %% (%s, update %s, %d shot%s%s%s)",
          method,
          Math.round(1e4 * sparsity) / 100.0,
          curvature,
          update,
          shots,
          shots == 1 ? "" : "s",
          way(),
          after.equals("none") ? "" : ", then " + after);
    }

    private String way() {
      return switch (threshold) {
        case "layer" -> ", each layer for itself";
        case "global+trust" -> ", within trust regions";
        default -> "";
      };
    }
  }

  /**
   * What a run came to.
   *
   * @param removed share that is gone, exactly
   * @param perplexity on the test windows, of the weights in F32
   * @param seconds time of scoring and cutting, and of measuring after the first shot
   * @param measuringSeconds time of the first shot's measuring, which is done once for all runs
   *     with the same curvature and counts for each; 0 where nothing is measured
   * @param peakBytes the most that tensors took in a process that did work of the run, its
   *     measuring included, bytes; mapped files and the heap of Java do not count, nor does the
   *     evaluation
   * @param choices answers to questions; null where none were asked
   */
  public record Outcome(
      Double removed,
      Double perplexity,
      Double seconds,
      Double measuringSeconds,
      Long peakBytes,
      ChoiceResult choices) {
    /** Of a run that failed. */
    static final Outcome NONE = new Outcome(null, null, null, null, null, null);
  }

  /**
   * Why a run gave no result.
   *
   * @param reason one sentence
   * @param input whether something that was given is at fault; else the numbers broke down
   */
  public record Failure(String reason, boolean input) {}

  /**
   * What a model is worth.
   *
   * @param perplexity on the test windows
   * @param choices answers to questions; null where none were asked
   */
  record Quality(double perplexity, ChoiceResult choices) {}

  /** The dense model. */
  static ComparedRun dense(Quality quality) {
    return new ComparedRun(
        new Way(DENSE, "", "", 0, 0, "", ""),
        new Outcome(0.0, quality.perplexity(), null, null, null, quality.choices()),
        null);
  }

  /**
   * How much the loss grew, in nats per token.
   *
   * @param dense perplexity of the dense model
   * @return null where the run did not come to a result
   */
  public Double excessLoss(Double dense) {
    return outcome.perplexity() == null || dense == null
        ? null
        : Math.log(outcome.perplexity() / dense);
  }
}
