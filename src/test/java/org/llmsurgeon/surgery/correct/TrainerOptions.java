package org.llmsurgeon.surgery.correct;

/**
 * How a {@link Trainer} trains.
 *
 * @param batch windows of one step
 * @param parts equal parts into which a batch is cut; each runs on a thread of its own, and their
 *     gradients are added in order. The number of parts belongs to the result's bits, the number of
 *     cores does not
 * @param schedule steps and learning rates
 * @param adam how the optimiser steps
 * @param seed of the order in which windows are read
 */
public record TrainerOptions(
    int batch, int parts, TrainerSchedule schedule, AdamOptions adam, long seed) {
  /** Checks the counts. */
  public TrainerOptions {
    if (batch < 1 || parts < 1 || batch % parts != 0) {
      throw new IllegalArgumentException(
          "a batch of %d windows in %d parts".formatted(batch, parts));
    }
  }
}
