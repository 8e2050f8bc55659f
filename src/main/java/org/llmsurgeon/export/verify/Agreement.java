package org.llmsurgeon.export.verify;

/**
 * How far two models agree on the same tokens.
 *
 * @param maxLogitDifference largest absolute difference of a logit; NaN where one is not finite
 * @param divergence mean over tokens of the Kullback-Leibler divergence of the second model's next
 *     token from the first's, nats
 * @param perplexityA of the first model
 * @param perplexityB of the second
 */
public record Agreement(
    double maxLogitDifference, double divergence, double perplexityA, double perplexityB) {}
