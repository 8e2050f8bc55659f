package org.llmsurgeon.pipeline.run;

/**
 * What the reconstruction after the last cut did.
 *
 * @param blocks blocks of the model
 * @param kept blocks whose refit is kept, since it made the loss smaller on calibration windows
 *     that it was not fitted to
 * @param calibrationLossBefore of these windows, nats per token
 * @param calibrationLossAfter of these windows, nats per token
 * @param perplexityBefore on the test text, of the weights as they were cut; null without test text
 * @param seconds time of all passes and refits; of a reconstruction that was resumed, its last part
 */
public record ReconstructionRecord(
    int blocks,
    int kept,
    double calibrationLossBefore,
    double calibrationLossAfter,
    Double perplexityBefore,
    double seconds) {}
