package org.llmsurgeon.surgery.choose;

import java.util.List;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.surgery.recipe.Recipe;

/** How what may go competes over all layers of a model: one for each contest. */
public sealed interface Competition permits LineChoice, UnitChoice, ElementChoice {
  /**
   * The competition of a recipe.
   *
   * @param config the model
   * @param recipe what to do
   */
  static Competition of(ModelConfig config, Recipe recipe) {
    return switch (recipe.structures().contest()) {
      case LINES -> new LineChoice(config.linears(), recipe);
      case UNITS -> new UnitChoice(config, recipe);
      case WEIGHTS -> new ElementChoice(config.linears(), recipe);
    };
  }

  /**
   * Throws if more is asked for than may go. It may still turn out, when units are chosen, that a
   * little less goes: they go as a whole or not at all.
   *
   * @param share of the prunable weights at the end
   * @throws org.llmsurgeon.InputException naming the most that can be asked for
   */
  void requireReachable(double share);

  /**
   * How much may be gone: of the whole model, or where each layer goes on its own of each of them,
   * or of each group of layers that are coupled.
   *
   * @param share of the prunable weights
   */
  List<Allowance> allowances(double share);

  /** Weights of the largest part that goes as a whole, of each layer where each goes on its own. */
  long largestStep();

  /** Weights that a sparsity does not count. */
  default long uncounted() {
    return 0;
  }

  /**
   * Weights of a layer that are gone already, in the sense of what competes.
   *
   * @param layer one that may be touched
   * @param zeros of its weight, the bias as last column
   */
  default long gone(LinearShape layer, ElementMask zeros) {
    return zeros.countOfLines();
  }
}
