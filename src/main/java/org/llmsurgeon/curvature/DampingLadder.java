package org.llmsurgeon.curvature;

/**
 * What happens when a damped factor has no Cholesky factorisation: more damping, a few times, then
 * an error; never the identity in its place. Arithmetic is in double from the first attempt. A
 * damping of 0 stays 0.
 *
 * @param retries how often damping is raised at most; at least 0
 * @param step what it is multiplied with each time; more than 1
 */
public record DampingLadder(int retries, double step) {
  /** Ten times as much, up to five times. */
  public static final DampingLadder DEFAULT = new DampingLadder(5, 10);

  /** The damping that was asked for, or an error. */
  public static final DampingLadder NONE = new DampingLadder(0, 10);

  /** Checks both. */
  public DampingLadder {
    if (retries < 0 || !(step > 1 && step < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(retries + " retries by " + step);
    }
  }
}
