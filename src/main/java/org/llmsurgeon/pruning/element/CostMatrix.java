package org.llmsurgeon.pruning.element;

import org.llmsurgeon.pruning.structure.ElementMask;

/**
 * Costs of the candidates of one layer, row by row: single weights ({@link ElementCosts}) or groups
 * of consecutive inputs ({@link PatternCosts}). They are computed when read, from the weight and a
 * few numbers per row and column, in plain Java: reading twice, on whatever machine, gives the same
 * bits. So a threshold over all layers may pass over them as often as it likes.
 */
public sealed interface CostMatrix permits ElementCosts, PatternCosts {
  /** Name of the layer. */
  String layer();

  /** Rows of the layer's weight. */
  int rows();

  /** Candidates in each row. */
  int columns();

  /** Weights that are gone of a candidate that went: 1, or those of a group. */
  int weightsOfCandidate();

  /** Weights that are gone of the layer if all candidates go. */
  default long weights() {
    return (long) rows() * columns() * weightsOfCandidate();
  }

  /**
   * Costs of the candidates of one row, and what they take.
   *
   * @param row which
   * @param costs {@code [columns]}, written; each finite and at least 0
   * @param weights {@code [columns]}, written: how many of its weights a candidate takes that are
   *     not 0 yet, at most {@link #weightsOfCandidate}; none where it is gone already
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite
   */
  void read(int row, double[] costs, int[] weights);

  /**
   * The weights that go.
   *
   * @param cut what goes of this layer, as the threshold over all layers says
   * @return which weights of the layer, biases counted; those among the layer's prunable weights
   *     that are exactly 0 already are always among them, so that what is removed stays removed
   */
  ElementMask select(CostCut cut);
}
