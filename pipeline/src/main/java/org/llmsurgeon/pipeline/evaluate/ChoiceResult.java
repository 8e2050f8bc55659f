package org.llmsurgeon.pipeline.evaluate;

/**
 * How many questions with several answers a model answers rightly, by log-likelihood.
 *
 * @param questions how many there are
 * @param accuracy share that is right by the log-likelihood of the choice
 * @param normalisedAccuracy share that is right by that divided by the choice's characters
 */
public record ChoiceResult(int questions, double accuracy, double normalisedAccuracy) {}
