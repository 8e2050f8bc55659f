package org.llmsurgeon.export.verify;

/**
 * How far two models agree on the same tokens.
 *
 * @param maxLogitDifference largest absolute difference of a logit; NaN where one is not finite
 * @param divergence mean over tokens of the Kullback-Leibler divergence of the softmax of the
 *     second model's logits from that of the first's, nats
 * @param perplexityA of the first model; null where it does not say next tokens
 * @param perplexityB of the second
 */
public record Agreement(
    double maxLogitDifference, double divergence, Double perplexityA, Double perplexityB) {}
