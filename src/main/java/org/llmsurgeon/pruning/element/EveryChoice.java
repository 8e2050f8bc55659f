package org.llmsurgeon.pruning.element;

import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/**
 * The cheapest of all choices by their joint cost {@code w_S^T (B_SS)^-1 w_S} (ours). All inverses
 * are computed once: they do not depend on the row.
 */
final class EveryChoice implements PatternChoice {
  /** Largest group for which all choices are tried. */
  static final int LARGEST = 8;

  private final int removed;
  private final int[] sets; // each choice as bits
  private final double[][]
      inverses; // of each group: all choices' (B_SS)^-1, removed x removed each

  /**
   * @param blocks {@code [M, M]} of each group; rows and columns of dead inputs are 0
   */
  EveryChoice(SparsityPattern pattern, double[][] blocks) {
    int size = pattern.size();
    removed = pattern.removed();
    sets = IntStream.range(0, 1 << size).filter(set -> Integer.bitCount(set) == removed).toArray();
    inverses = new double[blocks.length][sets.length * removed * removed];
    for (int group = 0; group < blocks.length; group++) {
      for (int i = 0; i < sets.length; i++) {
        double[] inverse = SmallInverse.of(blocks[group], size, members(sets[i]));
        System.arraycopy(inverse, 0, inverses[group], i * inverse.length, inverse.length);
      }
    }
  }

  private int[] members(int set) {
    return IntStream.range(0, Integer.SIZE).filter(i -> (set >> i & 1) != 0).toArray();
  }

  @Override
  public double choose(int group, double[] weights, int at, boolean[] chosen) {
    if (PatternChoice.chooseZeros(weights, at, chosen) >= removed) {
      return 0;
    }
    int zeros = 0;
    for (int i = 0; i < chosen.length; i++) {
      zeros |= chosen[i] ? 1 << i : 0;
    }
    double least = Double.POSITIVE_INFINITY;
    int cheapest = -1;
    double[] of = new double[removed];
    for (int i = 0; i < sets.length; i++) {
      if ((sets[i] & zeros) == zeros) {
        int at0 = 0;
        for (int left = sets[i]; left != 0; left &= left - 1) {
          of[at0++] = weights[at + Integer.numberOfTrailingZeros(left)];
        }
        double form = form(inverses[group], i * removed * removed, of);
        if (cheapest < 0 || form < least) {
          least = form;
          cheapest = sets[i];
        }
      }
    }
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = (cheapest >> i & 1) != 0;
    }
    return Math.max(0, least);
  }

  private static double form(double[] matrix, int from, double[] vector) {
    double form = 0;
    for (int i = 0; i < vector.length; i++) {
      double sum = 0;
      for (int j = 0; j < vector.length; j++) {
        sum += matrix[from + i * vector.length + j] * vector[j];
      }
      form += vector[i] * sum;
    }
    return form;
  }
}
