package org.llmsurgeon.pruning.element;

/**
 * Which weights of a group go: the cheapest choice of as many as the pattern says. Weights that are
 * 0 already are always among them, and where they are enough nothing else goes. Not for use by
 * several threads.
 */
interface PatternChoice {
  /**
   * The cheapest choice.
   *
   * @param group which group of inputs
   * @param weights weights of a row
   * @param at the group's first among them
   * @param chosen {@code [M]}, written: which of the group's weights go
   * @return twice the cost of the choice for a row of curvature 1
   */
  double choose(int group, double[] weights, int at, boolean[] chosen);

  /**
   * Marks the weights that are 0.
   *
   * @return how many they are
   */
  static int chooseZeros(double[] weights, int at, boolean[] chosen) {
    int zeros = 0;
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = weights[at + i] == 0;
      zeros += chosen[i] ? 1 : 0;
    }
    return zeros;
  }
}
