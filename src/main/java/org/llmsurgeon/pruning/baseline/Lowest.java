package org.llmsurgeon.pruning.baseline;

import java.util.Arrays;
import org.llmsurgeon.pruning.element.CostCut;

/** The lowest of some values, the first ones among equals. */
final class Lowest {
  private Lowest() {}

  /**
   * Their indices, ascending.
   *
   * @param values finite, not -0
   * @param from index of the first that competes
   * @param count how many compete
   * @param wanted how many are lowest, at most all
   */
  static int[] of(double[] values, int from, int count, int wanted) {
    if (wanted == 0) {
      return new int[0];
    }
    double[] sorted = Arrays.copyOfRange(values, from, from + count);
    Arrays.sort(sorted);
    double threshold = sorted[wanted - 1];
    int below = 0;
    while (sorted[below] < threshold) {
      below++;
    }
    CostCut.Walk walk = new CostCut(threshold, wanted - below).walk();
    int[] lowest = new int[wanted];
    int filled = 0;
    for (int i = from; i < from + count; i++) {
      if (walk.takes(values[i], 1)) {
        lowest[filled++] = i;
      }
    }
    return lowest;
  }
}
