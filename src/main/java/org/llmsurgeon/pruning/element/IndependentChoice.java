package org.llmsurgeon.pruning.element;

import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * The cheapest weights, each by its own cost {@code k_c W_c^2}; the choice costs their sum, as in
 * the paper.
 */
final class IndependentChoice implements PatternChoice {
  private final SparsityPattern pattern;
  private final double[] columns;

  /**
   * @param columns curvature along each input
   */
  IndependentChoice(SparsityPattern pattern, double[] columns) {
    this.pattern = pattern;
    this.columns = columns;
  }

  @Override
  public double choose(int group, double[] weights, int at, boolean[] chosen) {
    double sum = 0;
    for (int gone = PatternChoice.chooseZeros(weights, at, chosen);
        gone < pattern.removed();
        gone++) {
      int cheapest = -1;
      double least = 0;
      for (int i = 0; i < chosen.length; i++) {
        double cost = columns[at + i] * weights[at + i] * weights[at + i];
        if (!chosen[i] && (cheapest < 0 || cost < least)) {
          cheapest = i;
          least = cost;
        }
      }
      chosen[cheapest] = true;
      sum += least;
    }
    return sum;
  }
}
