package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.model.config.LinearShape;

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
}
