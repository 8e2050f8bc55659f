package org.llmsurgeon.surgery.choose;

import java.util.Locale;
import java.util.Optional;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Whether less is gone than was asked for. What goes as a whole may leave so much room as it has
 * weights; where more is left, a limit, a width, or a layer that does not fit stood against it.
 */
public final class Shortfall {
  private final Recipe recipe;
  private final long step;
  private final long counted;
  private final long total;

  /**
   * @param config the model
   * @param recipe what was asked for
   */
  public Shortfall(ModelConfig config, Recipe recipe) {
    Competition competition = Competition.of(config, recipe);
    this.recipe = recipe;
    this.step = competition.largestStep();
    this.total = config.linears().stream().mapToLong(LinearShape::weights).sum();
    this.counted = total - competition.uncounted();
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
