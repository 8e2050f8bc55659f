package org.llmsurgeon.pruning.structure;

import org.llmsurgeon.compute.Tensor;

/**
 * A layer of which weights may go.
 *
 * @param name its name
 * @param weight {@code [out, in]}, the bias as last column where there is one; either precision;
 *     must stay open and unchanged while it is used
 * @param bias whether the last column is a bias
 */
public record PrunableLayer(String name, Tensor weight, boolean bias) {
  /** Rows. */
  public int outputs() {
    return weight.rows();
  }

  /** Columns, the bias not counted. */
  public int inputs() {
    return weight.columns() - (bias ? 1 : 0);
  }
}
