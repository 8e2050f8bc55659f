package org.llmsurgeon.surgery.recipe;

import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.TargetQuantity;

/**
 * Turns a share of some quantity of a model into the share of its prunable weights that must go for
 * it (ours). A prunable weight counts with the mean of the quantity over all of them: exact for
 * parameters, and for bytes where all prunable tensors have one number format. A share of weights
 * is one of the layers that may be touched.
 */
public final class TargetShare {
  private final ModelConfig config;
  private final ToIntFunction<String> bytes;

  /**
   * @param config the model
   * @param bytes size of one number of the tensor of this name, bytes
   */
  public TargetShare(ModelConfig config, ToIntFunction<String> bytes) {
    this.config = config;
    this.bytes = bytes;
  }

  /**
   * Share of the prunable weights that a recipe asks for.
   *
   * @param recipe goal, layers and structures
   * @return in (0, 1]
   * @throws InputException as {@link #of(Recipe.Goal, LayerRule)}, and if a pattern of the recipe
   *     cannot remove so much
   */
  public double of(Recipe recipe) {
    Recipe.Goal goal = recipe.goal();
    double share = of(goal, recipe.layers());
    if (goal.of() != TargetQuantity.WEIGHTS) {
      double most =
          recipe.structures().zeroPattern().map(SparsityPattern::largestSparsity).orElse(1.0);
      if (ofTouched(goal, recipe.layers()) > most) {
        double reached = most * prunable(goal.of(), recipe.layers()) / all(goal.of());
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s of the %s cannot be reached with %s, which removes at most %.4f of them; give"
                    + " at most that.",
                StepSettings.SPARSITY.spelled(goal.sparsity()),
                goal.of().optionName(),
                recipe.structures().optionName(),
                Math.floor(reached * 1e4) / 1e4));
      }
    }
    return share;
  }

  /**
   * Share of the prunable weights.
   *
   * @param goal what is asked for
   * @param rule which layers may be touched
   * @return in (0, 1]
   * @throws InputException if more is asked for than can be pruned, naming the most; if a pattern
   *     names no layer
   */
  public double of(Recipe.Goal goal, LayerRule rule) {
    rule.check(config.linears());
    long touched = rule.touched(config.linears());
    long weights = config.linears().stream().mapToLong(LinearShape::weights).sum();
    double share = ofTouched(goal, rule);
    return touched == weights ? share : share * touched / weights;
  }

  private double ofTouched(Recipe.Goal goal, LayerRule rule) {
    if (goal.of() == TargetQuantity.WEIGHTS) {
      return goal.sparsity();
    }
    double most = prunable(goal.of(), rule) / all(goal.of());
    if (goal.sparsity() > most) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s of the %s cannot be reached: the layers that may be pruned hold %.4f of them;"
                  + " give less than that.",
              StepSettings.SPARSITY.spelled(goal.sparsity()),
              goal.of().optionName(),
              Math.floor(most * 1e4) / 1e4));
    }
    return Math.min(1, goal.sparsity() / most);
  }

  private double prunable(TargetQuantity quantity, LayerRule rule) {
    return config.linears().stream()
        .filter(rule::touches)
        .mapToDouble(layer -> of(layer, quantity))
        .sum();
  }

  private double of(LinearShape layer, TargetQuantity quantity) {
    double products = (double) layer.outputs() * layer.inputs();
    double biases = layer.bias() ? layer.outputs() : 0;
    return switch (quantity) {
      case WEIGHTS, PARAMETERS -> products + biases;
      case BYTES ->
          products * bytes.applyAsInt(layer.weightName())
              + (layer.bias() ? biases * bytes.applyAsInt(layer.biasName()) : 0);
      case MULTIPLY_ADDS -> products;
    };
  }

  private double all(TargetQuantity quantity) {
    return switch (quantity) {
      case WEIGHTS -> prunable(quantity, LayerRule.DEFAULT);
      case PARAMETERS, BYTES ->
          LanguageModel.tensors(config).entrySet().stream()
              .mapToDouble(tensor -> stored(tensor, quantity))
              .sum();
      case MULTIPLY_ADDS ->
          prunable(quantity, LayerRule.DEFAULT) + (double) outside() * config.hidden();
    };
  }

  /** Rows of the head, or numbers of a square of an image, which each token goes through. */
  private int outside() {
    return config.readsImages()
        ? config.ends().images().shape().patchValues()
        : config.vocabulary();
  }

  private double stored(Map.Entry<String, int[]> tensor, TargetQuantity quantity) {
    double numbers = 1;
    for (int size : tensor.getValue()) {
      numbers *= size;
    }
    return quantity == TargetQuantity.BYTES ? numbers * bytes.applyAsInt(tensor.getKey()) : numbers;
  }
}
