package org.llmsurgeon.pipeline.evaluate;

import java.util.Map;

/**
 * How good a model is on a text.
 *
 * @param perplexity {@code exp} of the mean over windows of the mean cross-entropy of next tokens,
 *     or of what else it is to say, in nats (method, section 8)
 * @param scores what else is to be said of what it is to do, by name
 * @param tokens tokens in all windows
 * @param windows windows evaluated
 * @param context tokens of one window
 */
public record EvaluationResult(
    double perplexity, Map<String, Double> scores, long tokens, int windows, int context) {}
