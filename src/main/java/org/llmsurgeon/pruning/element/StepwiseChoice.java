package org.llmsurgeon.pruning.element;

import java.util.Arrays;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * A choice for groups too large to try all: the cheapest weight first, the rest of the group
 * adapted to its absence, then the next one (ours). Its cost is the exact joint cost of what it
 * chose.
 */
final class StepwiseChoice implements PatternChoice {
  private final int size;
  private final int removed;
  private final double[][] blocks;
  private final double[] w;
  private final double[] b;

  /**
   * @param blocks {@code B} of each group, {@code [M, M]}; rows and columns of dead inputs are 0
   */
  StepwiseChoice(SparsityPattern pattern, double[][] blocks) {
    this.size = pattern.size();
    this.removed = pattern.removed();
    this.blocks = blocks;
    this.w = new double[size];
    this.b = new double[size * size];
  }

  @Override
  public double choose(int group, double[] weights, int at, boolean[] chosen) {
    int gone = PatternChoice.chooseZeros(weights, at, chosen);
    if (gone >= removed) {
      return 0;
    }
    System.arraycopy(weights, at, w, 0, size);
    System.arraycopy(blocks[group], 0, b, 0, b.length);
    for (int i = 0; i < size; i++) {
      if (chosen[i]) {
        eliminate(i);
      }
    }
    double form = 0;
    for (; gone < removed; gone++) {
      int cheapest = cheapest(chosen);
      form += cost(cheapest);
      chosen[cheapest] = true;
      eliminate(cheapest);
    }
    return form;
  }

  private int cheapest(boolean[] chosen) {
    int cheapest = -1;
    for (int i = 0; i < size; i++) {
      if (!chosen[i] && (cheapest < 0 || cost(i) < cost(cheapest))) {
        cheapest = i;
      }
    }
    return cheapest;
  }

  private double cost(int i) {
    double curvature = b[i * size + i];
    // Exactly 0 is a dead input; below 0 is rounding in a nearly singular block.
    return curvature == 0 ? 0 : curvature > 0 ? w[i] * w[i] / curvature : Double.POSITIVE_INFINITY;
  }

  /** {@code w -= b_i w_i / b_ii, B -= b_i b_i^T / b_ii}. */
  private void eliminate(int i) {
    double curvature = b[i * size + i];
    if (curvature == 0) {
      return;
    }
    double[] row = Arrays.copyOfRange(b, i * size, (i + 1) * size);
    double step = w[i] / curvature;
    for (int j = 0; j < size; j++) {
      w[j] -= step * row[j];
      for (int k = 0; k < size; k++) {
        b[j * size + k] -= row[j] * row[k] / curvature;
      }
    }
  }
}
