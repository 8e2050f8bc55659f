package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.Locale;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.StructureSettings;
import org.llmsurgeon.surgery.recipe.TargetShare;

/** Whether a goal can be reached with what may go. */
public final class Reach {
  private final List<LinearShape> layers;
  private final ModelConfig config;
  private final Recipe recipe;

  /**
   * @param config the model
   * @param recipe what to do
   */
  public Reach(ModelConfig config, Recipe recipe) {
    this.layers = config.linears();
    this.config = config;
    this.recipe = recipe;
  }

  /**
   * Throws if more is asked for than may go. It may still turn out, when units are chosen, that a
   * little less goes: they go as a whole or not at all.
   *
   * @param share of the prunable weights at the end, from {@link TargetShare}
   * @throws InputException naming the most that can be asked for
   */
  public void require(double share) {
    if (recipe.structures() instanceof SparseStructures) {
      new ElementChoice(layers, recipe).requireReachable(share);
    } else if (recipe.structures() instanceof Units) {
      requireUnits(share);
      WidthCheck.requireReachable(config, recipe, share);
    } else {
      long most = layers.stream().mapToLong(recipe.layers()::most).sum();
      require(share, most, total(), "");
    }
  }

  private void requireUnits(double share) {
    List<UnitPlan.Planned> planned = UnitPlan.of(config, recipe).groups();
    if (!recipe.layers().alone()) {
      long most = planned.stream().mapToLong(each -> each.group().reachable()).sum();
      require(share, most, total(), "");
      return;
    }
    double[] targets = new UnitMerge(planned, recipe.layers()).targets(share);
    for (int i = 0; i < targets.length; i++) {
      var group = planned.get(i).group();
      require(targets[i], group.reachable(), group.weights(), " in " + group.name());
    }
  }

  private long total() {
    return layers.stream().mapToLong(LinearShape::weights).sum();
  }

  private void require(double share, long most, long total, String where) {
    if (WeightCount.atMost(share, total) > most) {
      double reachable = recipe.goal().sparsity() * most / (share * total);
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The sparsity %s cannot be reached%s with %s and the layers and limits"
                  + " that are given: the most is %.4f; give less, or let more go.",
              recipe.goal().sparsity(),
              where,
              StructureSettings.STRUCTURES.spelled(recipe.structures().optionName()),
              Math.floor(reachable * 1e4) / 1e4));
    }
  }
}
