package org.llmsurgeon.surgery.operate;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.FactorHealth;

/**
 * What one shot left of a layer.
 *
 * @param layer module name
 * @param lines its rows and columns
 * @param weights its weights
 * @param damping what was added to the diagonals of {@code G} and {@code A}, balanced
 * @param quadraticCost what the quadratic model says this shot's change of the layer adds, {@code
 *     1/2 tr(G D A D^T)}
 * @param factors how well {@code G} and {@code A} could be inverted; empty unless single weights
 *     went
 * @param update how the joint update of single weights went; null for other updates
 */
public record LayerReport(
    String layer,
    Lines lines,
    Weights weights,
    Damping damping,
    double quadraticCost,
    List<FactorHealth> factors,
    UpdateSteps update)
    implements Serializable {
  /** Copies the list. */
  public LayerReport {
    factors = List.copyOf(factors);
  }

  /**
   * Rows and columns of a layer.
   *
   * @param rows rows of the weight, removed ones included
   * @param rowsRemoved rows that are gone
   * @param columns columns of the weight, the bias counted, removed ones included
   * @param columnsRemoved columns that are gone
   */
  public record Lines(int rows, int rowsRemoved, int columns, int columnsRemoved)
      implements Serializable {}

  /**
   * Weights of a layer.
   *
   * @param removed weights that are gone, exactly
   * @param before weights that were gone before this shot, in the same sense
   * @param zeros weights that were 0 before this shot, wherever they lie
   * @param total weights, biases counted
   */
  public record Weights(long removed, long before, long zeros, long total)
      implements Serializable {}
}
