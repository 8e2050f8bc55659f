package org.llmsurgeon.pipeline.run;

/**
 * What the recovery after the last shot did.
 *
 * @param kind what it made smaller
 * @param tokens that it has trained on
 * @param steps of the optimiser
 * @param bestStep the step whose weights are the result; 0 where no step helped
 * @param perplexityBefore on the test text; null without test text
 * @param heldOutBefore mean loss of the held-out windows before it, nats per token
 * @param heldOutAfter mean loss of the held-out windows after the best step, nats per token
 * @param firstLoss mean loss of the first step's windows, nats per token
 * @param lastLoss mean loss of the last step's windows, nats per token
 * @param seconds time of all steps; of a recovery that was resumed, its last part
 */
public record RecoveryRecord(
    String kind,
    long tokens,
    int steps,
    int bestStep,
    Double perplexityBefore,
    double heldOutBefore,
    double heldOutAfter,
    double firstLoss,
    double lastLoss,
    double seconds) {}
