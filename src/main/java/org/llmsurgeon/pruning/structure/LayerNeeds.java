package org.llmsurgeon.pruning.structure;

/**
 * Which costs a coupled group asks of one of its layers, and so which matrices the layer must keep.
 *
 * @param rowCosts whether rows are costed
 * @param columnCosts whether columns are costed
 * @param freeRows whether rows go that nobody reads
 */
public record LayerNeeds(boolean rowCosts, boolean columnCosts, boolean freeRows) {
  /** Whether any line is costed; a layer without stands by, and of its factors little is read. */
  public boolean costs() {
    return rowCosts || columnCosts;
  }
}
