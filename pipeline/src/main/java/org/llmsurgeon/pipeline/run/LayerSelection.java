package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * What goes of a layer, in a form that travels and is kept.
 *
 * @param layer position among the model's prunable layers
 * @param rows indices of rows, ascending
 * @param columns indices of columns, ascending
 * @param freeRows those among the rows that nobody reads any more
 * @param elements how far single weights or N:M groups go; null where rows and columns do
 */
public record LayerSelection(
    int layer, int[] rows, int[] columns, int[] freeRows, ElementCuts elements)
    implements Serializable {
  public static LayerSelection of(int layer, Selection selection) {
    return new LayerSelection(
        layer, selection.rows(), selection.columns(), selection.freeRows(), null);
  }

  public static LayerSelection of(int layer, ElementCuts elements) {
    return new LayerSelection(layer, new int[0], new int[0], new int[0], elements);
  }

  public Selection selection() {
    return new Selection(rows, columns, freeRows);
  }
}
