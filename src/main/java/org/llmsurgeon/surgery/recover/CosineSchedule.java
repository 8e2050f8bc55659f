package org.llmsurgeon.surgery.recover;

/**
 * A learning rate that grows in equal steps to its peak and then falls along half a cosine to 0
 * (Loshchilov and Hutter, 2017, without restarts), which it would reach one step after the last.
 *
 * @param peak highest learning rate
 * @param warmUp steps in which it grows; the last of them is at the peak
 * @param steps all steps
 */
record CosineSchedule(double peak, int warmUp, int steps) {
  /** Steps of which one is for the growth. */
  private static final int WARM_UP = 20;

  /**
   * One that grows over a twentieth of its steps.
   *
   * @param peak highest learning rate
   * @param steps all steps, at least 1
   */
  static CosineSchedule of(double peak, int steps) {
    return new CosineSchedule(peak, steps / WARM_UP, steps);
  }

  /**
   * Learning rate of a step.
   *
   * @param step from 1 to {@link #steps}
   */
  double at(int step) {
    if (step < 1 || step > steps) {
      throw new IllegalArgumentException("step " + step + " of " + steps);
    }
    if (step <= warmUp) {
      return peak * step / warmUp;
    }
    double done = (double) (step - Math.max(1, warmUp)) / (steps + 1 - Math.max(1, warmUp));
    return peak * (1 + Math.cos(Math.PI * done)) / 2;
  }
}
