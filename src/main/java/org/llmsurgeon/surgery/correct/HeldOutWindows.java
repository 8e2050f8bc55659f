package org.llmsurgeon.surgery.correct;

/**
 * Which calibration windows a reconstruction is fitted to, and which it is judged by: one in eight,
 * and of fewer the last, is held out from the fit and judges. A single window does both.
 *
 * @param windows how many there are
 */
public record HeldOutWindows(int windows) {
  private static final int ONE_IN = 8;

  /**
   * Whether refits are judged by a window.
   *
   * @param window its place among all
   */
  public boolean judges(int window) {
    return windows == 1 || window % ONE_IN == Math.min(ONE_IN, windows) - 1;
  }

  /** How many windows judge. */
  public int judging() {
    return windows == 1 ? 1 : Math.max(1, windows / ONE_IN);
  }

  /**
   * Whether refits are fitted to a window.
   *
   * @param window its place among all
   */
  public boolean fits(int window) {
    return windows == 1 || !judges(window);
  }
}
