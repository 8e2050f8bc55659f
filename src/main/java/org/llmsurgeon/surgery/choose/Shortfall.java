package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.Elements;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Whether less is gone than was asked for. What goes as a whole may leave so much room as it has
 * weights; where more is left, a limit, a width, or a layer that does not fit stood against it.
 */
public final class Shortfall {
  private final List<LinearShape> layers;
  private final Recipe recipe;
  private final long step;
  private final long counted;
  private final long total;

  /**
   * @param config the model
   * @param recipe what was asked for
   */
  public Shortfall(ModelConfig config, Recipe recipe) {
    this.layers = config.linears();
    this.recipe = recipe;
    this.step = step(config);
    this.total = layers.stream().mapToLong(LinearShape::weights).sum();
    this.counted = total - uncounted();
  }

  /** Biases, which no group of a pattern holds and which its sparsity does not count. */
  private long uncounted() {
    return recipe.structures() instanceof Patterns
        ? touched().stream()
            .mapToLong(layer -> layer.weights() - (long) layer.outputs() * layer.inputs())
            .sum()
        : 0;
  }

  private List<LinearShape> touched() {
    return layers.stream().filter(recipe.layers()::touches).toList();
  }

  /** Weights of the largest part that goes as a whole, of each layer where each goes on its own. */
  private long step(ModelConfig config) {
    LongStream parts;
    if (recipe.structures() instanceof Units) {
      WidthRule rule = recipe.selection().widths();
      List<UnitPlan.Planned> groups = UnitPlan.of(config, recipe).groups();
      parts = groups.stream().mapToLong(each -> each.group().largestStep(rule));
      return recipe.layers().alone() || rule.oneWidth() ? parts.sum() : parts.max().orElse(0);
    }
    parts = touched().stream().mapToLong(this::ofLayer);
    return recipe.layers().alone() ? parts.sum() : parts.max().orElse(0);
  }

  private long ofLayer(LinearShape layer) {
    if (recipe.structures() instanceof RowsColumns lines) {
      return Math.max(
          lines.rows() ? layer.augmentedInputs() : 0, lines.columns() ? layer.outputs() : 0);
    }
    return recipe.structures() instanceof Elements
        ? 1
        : ((Patterns) recipe.structures()).pattern().removed();
  }

  /**
   * A sentence where more than one whole part is missing.
   *
   * @param target share of the prunable weights that was to be gone
   * @param share the same at the end of the run, which is the recipe's goal
   * @param removed weights that are gone
   */
  public Optional<String> warning(double target, double share, long removed) {
    long asked = WeightCount.atMost(target * counted / total, total);
    if (asked - removed <= step) {
      return Optional.empty();
    }
    double unit = recipe.goal().sparsity() / share;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%.2f %% of the %s are gone, not the %.2f %% that were asked for: what may go as a"
                + " whole, within the layers, limits and widths that are given, came to no more.",
            100 * unit * removed / total,
            recipe.goal().of().optionName(),
            100 * unit * target));
  }
}
