package org.llmsurgeon.surgery.shot;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * What goes of a layer.
 *
 * @param layer position among the model's prunable layers
 * @param lines rows and columns
 * @param elements how far single weights or N:M groups go, round by round; null where rows and
 *     columns do
 */
public record LayerSelection(int layer, Selection lines, List<CostCut> elements)
    implements Serializable {
  /** Rows and columns. */
  public static LayerSelection of(int layer, Selection lines) {
    return new LayerSelection(layer, lines, null);
  }

  /** Single weights or N:M groups. */
  public static LayerSelection of(int layer, List<CostCut> elements) {
    return new LayerSelection(layer, Selection.NONE, List.copyOf(elements));
  }
}
