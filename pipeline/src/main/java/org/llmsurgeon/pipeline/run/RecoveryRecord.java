package org.llmsurgeon.pipeline.run;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * What the recovery after the last shot did.
 *
 * @param kind what it made smaller
 * @param training how long it took
 * @param perplexityBefore on the test text; null without test text
 * @param loss what it made of the loss
 */
public record RecoveryRecord(
    String kind,
    @JsonUnwrapped Training training,
    Double perplexityBefore,
    @JsonUnwrapped Loss loss) {
  /**
   * How long a recovery took.
   *
   * @param tokens that it has trained on
   * @param steps of the optimiser
   * @param bestStep the step whose weights are the result; 0 where no step helped
   * @param seconds time of all steps; of a recovery that was resumed, its last part
   */
  public record Training(long tokens, int steps, int bestStep, double seconds) {}

  /**
   * Mean losses, nats per token.
   *
   * @param heldOutBefore of the held-out windows before it
   * @param heldOutAfter of the held-out windows after the best step
   * @param firstLoss of the first step's windows
   * @param lastLoss of the last step's windows
   */
  public record Loss(
      double heldOutBefore, double heldOutAfter, double firstLoss, double lastLoss) {}
}
