package org.llmsurgeon.surgery.correct;

/**
 * A learning rate that grows in equal steps to its peak and then falls in equal steps towards 0,
 * which it would reach one step after the last.
 *
 * @param peak largest learning rate
 * @param warmUp steps in which it grows; the last of them is at the peak
 * @param steps all steps
 */
public record TrainerSchedule(double peak, int warmUp, int steps) {
  /** Checks the numbers. */
  public TrainerSchedule {
    if (!(peak >= 0) || Double.isInfinite(peak) || warmUp < 0 || steps < 1 || warmUp > steps) {
      throw new IllegalArgumentException(
          "a peak of %s after %d of %d steps".formatted(peak, warmUp, steps));
    }
  }

  /**
   * Learning rate of a step.
   *
   * @param step from 1 to {@link #steps}
   */
  public double at(int step) {
    if (step < 1 || step > steps) {
      throw new IllegalArgumentException("step " + step + " of " + steps);
    }
    return step <= warmUp ? peak * step / warmUp : peak * (steps + 1 - step) / (steps + 1 - warmUp);
  }
}
