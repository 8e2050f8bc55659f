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

  /** Candidates of the layer. */
  default long candidates() {
    return (long) rows() * columns();
  }

  /**
   * Costs of the candidates of one row.
   *
   * @param row which
   * @param costs {@code [columns]}, written; each finite and at least 0
   * @throws org.llmsurgeon.compute.NonFiniteException if one is not finite
   */
  void read(int row, double[] costs);

  /**
   * The weights that go.
   *
   * @param cut what goes of this layer, as the threshold over all layers says
   * @return which weights of the layer, biases counted; those among the layer's prunable weights
   *     that are exactly 0 already are always among them, so that what is removed stays removed
   */
  ElementMask select(CostCut cut);
}
