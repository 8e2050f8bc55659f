package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.structure.ElementMask;

/** Which single weights of a layer a recipe lets go. */
public final class ElementCandidates {
  private ElementCandidates() {}

  /** Whether anything of a layer may go: not where it may not, or a pattern does not fit. */
  public static boolean has(LinearShape layer, Recipe recipe) {
    return recipe.layers().touches(layer) && layer.inputs() % recipe.structures().groupSize() == 0;
  }

  /** Columns of a layer's weight, the bias as last, in which weights may go. */
  public static int columns(LinearShape layer, Recipe recipe) {
    boolean stay = recipe.structures().groupSize() > 1 || recipe.elements().keepBias();
    return stay ? layer.inputs() : layer.augmentedInputs();
  }

  /**
   * Weights of a layer that are gone, where they may go: zeros, of a group at most as many as its
   * pattern takes. More zeros of a group satisfy nothing that was asked for.
   *
   * @param layer the layer
   * @param recipe what is asked for
   * @param zeros of its weight, the bias as last column
   */
  public static long gone(LinearShape layer, Recipe recipe, ElementMask zeros) {
    if (!has(layer, recipe)) {
      return 0;
    }
    int columns = columns(layer, recipe);
    int size = recipe.structures().groupSize();
    long gone = 0;
    for (int row = 0; row < zeros.rows(); row++) {
      int[] inGroup = new int[columns / size];
      for (int column : zeros.removedColumns(row)) {
        boolean counts =
            column < columns && ++inGroup[column / size] <= recipe.structures().removedOfGroup();
        gone += counts ? 1 : 0;
      }
    }
    return gone;
  }
}
