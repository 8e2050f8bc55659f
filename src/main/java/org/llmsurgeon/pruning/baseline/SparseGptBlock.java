package org.llmsurgeon.pruning.baseline;

import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/** A block of columns of {@link SparseGpt}, in plain Java: choose, remove, update to the right. */
final class SparseGptBlock {
  private final double[] weights;
  private final boolean[] gone;
  private final double[] errors;
  private final double[] coupling;
  private final int rows;
  private final int width;

  /**
   * @param weights {@code [rows, width]} as updated so far; changed in place
   * @param zeros {@code [rows, width]}: which of them go in any case; changed in place
   * @param factor {@code L} over the block's columns, {@code [width, width]}; a diagonal element of
   *     0 is a dead input
   */
  SparseGptBlock(double[] weights, boolean[] zeros, double[] factor) {
    this.weights = weights;
    this.gone = zeros;
    this.width = (int) Math.round(Math.sqrt(factor.length));
    this.rows = weights.length / width;
    this.errors = new double[weights.length];
    this.coupling = new double[factor.length];
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        coupling[i * width + j] = factor[j * width + i];
      }
    }
  }

  /** The block after {@link #prune}. */
  double[] weights() {
    return weights;
  }

  /** {@code e} of every weight of the block, {@code [rows, width]}; 0 where it stays. */
  double[] errors() {
    return errors;
  }

  /**
   * Chooses, removes, updates.
   *
   * @param sparsity what goes
   * @param share for a share: how many weights of this block are to go, zeros counted
   * @return how many went, zeros counted
   */
  long prune(LayerSparsity sparsity, long share) {
    int group = sparsity instanceof SparsityPattern pattern ? pattern.size() : 0;
    int going = sparsity instanceof SparsityPattern pattern ? pattern.removed() : 0;
    if (group == 0) {
      choose(0, weights.length, share);
    }
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < width; column++) {
        if (group > 0 && column % group == 0) {
          choose(row * width + column, group, going);
        }
        if (gone[row * width + column]) {
          remove(row, column);
        }
      }
    }
    long count = 0;
    for (boolean each : gone) {
      count += each ? 1 : 0;
    }
    return count;
  }

  /** Marks so many of some weights, those marked already among them. */
  private void choose(int from, int count, long wanted) {
    int[] candidates = new int[count];
    double[] scores = new double[count];
    int open = 0;
    for (int i = from; i < from + count; i++) {
      if (!gone[i]) {
        candidates[open] = i;
        scores[open++] = score(i);
      }
    }
    long missing = wanted - (count - open);
    if (missing > 0) {
      for (int lowest : Lowest.of(scores, 0, open, Math.toIntExact(missing))) {
        gone[candidates[lowest]] = true;
      }
    }
  }

  private double score(int at) {
    int column = at % width;
    double diagonal = coupling[column * width + column];
    double ratio = diagonal == 0 ? 0 : weights[at] / diagonal;
    return ratio * ratio;
  }

  private void remove(int row, int column) {
    int at = row * width + column;
    double diagonal = coupling[column * width + column];
    double error = diagonal == 0 ? 0 : weights[at] / diagonal;
    errors[at] = error;
    weights[at] = 0;
    for (int j = column + 1; j < width; j++) {
      weights[row * width + j] -= error * coupling[column * width + j];
    }
  }
}
