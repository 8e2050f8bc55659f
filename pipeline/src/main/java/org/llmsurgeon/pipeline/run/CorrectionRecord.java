package org.llmsurgeon.pipeline.run;

/**
 * What the correction of a shot did.
 *
 * @param kind what it made smaller
 * @param steps of the optimiser
 * @param perplexityBefore on the test text, of the weights as they were cut; null without test text
 * @param firstLoss mean loss of the first step's windows, nats per token; null without steps
 * @param lastLoss mean loss of the last step's windows, nats per token; null without steps
 * @param seconds time of all steps and of the merge; of a correction that was resumed, its last
 *     part
 */
public record CorrectionRecord(
    String kind,
    int steps,
    Double perplexityBefore,
    Double firstLoss,
    Double lastLoss,
    double seconds) {}
