package org.llmsurgeon.model.pass;

/**
 * Draws tokens from softmax distributions. Which part of a distribution is hit depends on the seed,
 * the window, the position and the draw alone, so it does not matter in which order, or where,
 * windows are looked at.
 *
 * @param seed of all draws
 * @param firstWindow index, among all windows, of the first one of a pass
 */
public record TokenDraw(long seed, int firstWindow) {
  /**
   * Where in a distribution a draw hits, in [0, 1).
   *
   * @param window index among the windows of the pass
   * @param position index in the window
   * @param draw which of several draws, from 0
   */
  public double uniform(int window, int position, int draw) {
    long state = mixed(seed);
    state = mixed(state + firstWindow + window);
    state = mixed(state + position);
    state = mixed(state + draw);
    return (state >>> 11) * 0x1p-53;
  }

  /** A step of SplitMix64 (Steele, Lea and Flood 2014): neighbours become unrelated. */
  private static long mixed(long state) {
    long z = state + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
