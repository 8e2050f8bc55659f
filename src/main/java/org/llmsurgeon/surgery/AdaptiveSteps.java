package org.llmsurgeon.surgery;

import java.util.List;

/**
 * How far the next shot goes when their number is not fixed (ours): as far as the quadratic model's
 * prediction can be trusted. The first step is a tenth of the goal where there may be 40 shots,
 * {@code 4 sparsity / most}. After a shot whose loss grew by at most {@value #TRUSTED} times what
 * was predicted, and by at most {@value #NEAR} nats, the step doubles. It is halved where the loss
 * grew by more than {@value #WRONG} times the prediction or by more than {@value #FAR} nats: the
 * curvature is only known near the weights where it was measured. Else it stays. A step is never
 * below {@code sparsity / most}, so there are never more than {@code most} shots.
 *
 * @param sparsity share of the prunable weights at the end
 * @param most how many shots there may be, besides those that end at a stop
 * @param stops shares, ascending, that are not passed: a step that would pass one ends there
 */
public record AdaptiveSteps(double sparsity, int most, List<Double> stops) {
  /** Measured over predicted up to which the step doubles. */
  public static final double TRUSTED = 1.5;

  /** Growth of the loss up to which the step doubles, nats. */
  public static final double NEAR = 0.1;

  /** Growth of the loss above which the step is halved, nats. */
  public static final double FAR = 0.2;

  /** Measured over predicted above which the step is halved, and above which reports warn. */
  public static final double WRONG = 3;

  /** Copies the list. */
  public AdaptiveSteps {
    stops = List.copyOf(stops);
  }

  /** Steps without stops. */
  public AdaptiveSteps(double sparsity, int most) {
    this(sparsity, most, List.of());
  }

  /**
   * What a shot did.
   *
   * @param from share that was aimed at before it
   * @param target share that it aimed at
   * @param predicted growth of the loss by the quadratic model, nats per token
   * @param measured growth of the calibration loss, nats per token
   */
  public record Past(double from, double target, double predicted, double measured) {}

  /** Target of the first shot. */
  public double first() {
    return target(0, 1, 4 * smallest());
  }

  /**
   * Target of the next shot.
   *
   * @param last what the last one did
   * @param shot the next shot, from 2
   */
  public double next(Past last, int shot) {
    double step = last.target() - last.from();
    double measured = last.measured();
    if (measured <= TRUSTED * last.predicted() && measured <= NEAR) {
      step *= 2;
    } else if (measured > WRONG * last.predicted() || measured > FAR) {
      step /= 2;
    }
    return target(last.target(), shot, step);
  }

  /** Whether nothing is left to do after a shot that aimed at this share. */
  public boolean isLast(double target) {
    return target >= sparsity;
  }

  private double smallest() {
    return sparsity / most;
  }

  /** A rest that would be less than half the smallest step goes along. */
  private double target(double from, int shot, double step) {
    double target = from + Math.max(step, smallest());
    double end = shot >= most || sparsity - target < smallest() / 2 ? sparsity : target;
    return stops.stream().filter(stop -> stop > from && stop < end).findFirst().orElse(end);
  }
}
