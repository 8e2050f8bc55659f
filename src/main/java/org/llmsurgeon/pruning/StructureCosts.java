package org.llmsurgeon.pruning;

/**
 * What removing each row or column of a layer would add to the loss, to second order; 0 for dead
 * ones. The arrays are not copied, so not to be written.
 *
 * @param layer name of the layer
 * @param rows one cost for each of the weight's rows
 * @param columns one cost for each of the weight's columns, the bias last where there is one
 */
public record StructureCosts(String layer, double[] rows, double[] columns) {
  /** Weights of the layer, biases counted. */
  public long weights() {
    return (long) rows.length * columns.length;
  }
}
