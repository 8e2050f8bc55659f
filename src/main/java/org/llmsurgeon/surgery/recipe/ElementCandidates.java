package org.llmsurgeon.surgery.recipe;

import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.SparsityPattern;

/** Which single weights of a layer a recipe lets go. */
public final class ElementCandidates {
  private ElementCandidates() {}

  /** Whether anything of a layer may go: not where it may not, or a pattern does not fit. */
  public static boolean has(LinearShape layer, Recipe recipe) {
    if (!recipe.layers().touches(layer)) {
      return false;
    }
    if (recipe.structures() instanceof Patterns patterns) {
      SparsityPattern pattern = patterns.pattern();
      return pattern.fits(layer.inputs());
    }
    return true;
  }

  /** Columns of a layer's weight, the bias as last, in which weights may go. */
  public static int columns(LinearShape layer, Recipe recipe) {
    boolean stay = recipe.structures() instanceof Patterns || recipe.elements().keepBias();
    return stay ? layer.inputs() : layer.augmentedInputs();
  }
}
