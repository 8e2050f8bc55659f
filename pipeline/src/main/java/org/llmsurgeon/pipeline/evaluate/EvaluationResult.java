package org.llmsurgeon.pipeline.evaluate;

/**
 * Perplexity of a model on a text.
 *
 * @param perplexity {@code exp} of the mean over windows of the mean next-token cross-entropy in
 *     nats (method, section 8)
 * @param tokens tokens in all windows
 * @param windows windows evaluated
 * @param context tokens of one window
 */
public record EvaluationResult(double perplexity, long tokens, int windows, int context) {}
