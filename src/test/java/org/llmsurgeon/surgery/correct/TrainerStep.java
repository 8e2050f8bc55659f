package org.llmsurgeon.surgery.correct;

/**
 * What one step of training saw.
 *
 * @param step from 1
 * @param loss mean loss of the batch before the step, nats
 * @param learningRate of the step
 * @param gradientNorm norm of the gradient of that mean loss, before clipping
 */
public record TrainerStep(int step, double loss, double learningRate, double gradientNorm) {}
