package org.llmsurgeon.pruning.layer;

import java.io.Serializable;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * What removing each row or column of a layer would add to the loss, to second order; 0 for dead
 * ones. The arrays are not copied, so not to be written.
 *
 * @param layer name of the layer
 * @param rows one cost for each of the weight's rows
 * @param columns one cost for each of the weight's columns, the bias last where there is one
 * @param gone rows and columns whose weights are all 0 already: they go before everything else,
 *     since what is removed stays removed
 */
public record StructureCosts(String layer, double[] rows, double[] columns, Selection gone)
    implements Serializable {
  /**
   * Costs of a layer of which nothing is gone yet.
   *
   * @param layer name of the layer
   * @param rows one cost for each of the weight's rows
   * @param columns one cost for each of the weight's columns
   */
  public StructureCosts(String layer, double[] rows, double[] columns) {
    this(layer, rows, columns, Selection.NONE);
  }

  /** Weights of the layer, biases counted. */
  public long weights() {
    return (long) rows.length * columns.length;
  }
}
