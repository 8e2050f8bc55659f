package org.llmsurgeon.surgery.recipe;

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
 * <p>A step that would pass a stop ends there, and is none of the {@code most}. It is judged as the
 * step that it was to be, whose loss would have grown in proportion, and the next one goes on from
 * that step and not from the part of it that was done.
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

  /**
   * What a shot did.
   *
   * @param from share that was aimed at before it
   * @param target share that it aimed at
   * @param predicted growth of the loss by the quadratic model, nats per token
   * @param measured growth of the calibration loss, nats per token
   */
  public record Past(double from, double target, double predicted, double measured) {}

  /**
   * Target of the next shot.
   *
   * @param done all shots before it, in their order
   */
  public double next(List<Past> done) {
    double step = 4 * smallest();
    int own = 0;
    for (Past shot : done) {
      boolean cutShort = shot.target() < end(shot.from(), own, step);
      double length = shot.target() - shot.from();
      step = after(shot, step, cutShort ? step / length : 1);
      own += cutShort ? 0 : 1;
    }
    double from = done.isEmpty() ? 0 : done.get(done.size() - 1).target();
    double end = end(from, own, step);
    return stops.stream().filter(stop -> stop > from && stop < end).findFirst().orElse(end);
  }

  /** The step after a shot that did only a part of one: {@code parts} would have been the whole. */
  private double after(Past shot, double step, double parts) {
    double measured = shot.measured();
    double whole = measured * parts;
    double next = step;
    if (measured <= TRUSTED * shot.predicted() && whole <= NEAR) {
      next = 2 * step;
    } else if (measured > WRONG * shot.predicted() || whole > FAR) {
      next = step / 2;
    }
    return Math.max(next, smallest());
  }

  /** Whether nothing is left to do after a shot that aimed at this share. */
  public boolean isLast(double target) {
    return target >= sparsity;
  }

  private double smallest() {
    return sparsity / most;
  }

  /**
   * Where a step ends if no stop is in its way. A rest that would be less than half the smallest
   * step goes along.
   */
  private double end(double from, int own, double step) {
    double target = from + step;
    return own + 1 >= most || sparsity - target < smallest() / 2 ? sparsity : target;
  }
}
