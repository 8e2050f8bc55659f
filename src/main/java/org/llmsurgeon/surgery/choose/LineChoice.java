package org.llmsurgeon.surgery.choose;

import java.util.List;
import java.util.stream.LongStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.pruning.threshold.GlobalThreshold;
import org.llmsurgeon.pruning.threshold.ThresholdResult;
import org.llmsurgeon.surgery.recipe.LayerRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Which rows and columns of a whole model go in a shot. */
public final class LineChoice implements Competition {
  private final List<LinearShape> layers;
  private final Recipe recipe;

  /**
   * @param layers all prunable layers, in the model's order, which breaks ties
   * @param recipe what to do; its structures are rows and columns
   */
  public LineChoice(List<LinearShape> layers, Recipe recipe) {
    this.layers = List.copyOf(layers);
    this.recipe = recipe;
  }

  /**
   * Chooses.
   *
   * @param target share of all weights that may be gone
   * @param costs of all layers, in their order
   */
  public ThresholdResult upTo(double target, List<StructureCosts> costs) {
    RowsColumns structures =
        new RowsColumns(recipe.structures().rows(), recipe.structures().columns());
    LayerRule rule = recipe.layers();
    if (!rule.alone()) {
      return GlobalThreshold.select(costs, target, structures, rule.most(layers));
    }
    double[] targets = layers.stream().mapToDouble(layer -> own(layer, target)).toArray();
    return GlobalThreshold.selectEach(costs, targets, structures);
  }

  /** Share of a layer that goes on its own. */
  private double own(LinearShape layer, double target) {
    LayerRule rule = recipe.layers();
    return rule.touches(layer) ? rule.ofTouched(target, layers) : 0;
  }

  @Override
  public List<Allowance> allowances(double share) {
    if (!recipe.layers().alone()) {
      return List.of(Allowance.ofAll(layers, share));
    }
    return layers.stream()
        .map(
            layer -> {
              long most = WeightCount.atMost(own(layer, share), layer.weights());
              return new Allowance(layer.name(), List.of(layer), most);
            })
        .toList();
  }

  @Override
  public void requireReachable(double share) {
    long most = layers.stream().mapToLong(recipe.layers()::most).sum();
    long total = layers.stream().mapToLong(LinearShape::weights).sum();
    Reachability.require(recipe, share, new Reachability.Part("", most, total));
  }

  @Override
  public long largestStep() {
    LongStream lines =
        layers.stream().filter(recipe.layers()::touches).mapToLong(this::longestLine);
    return recipe.layers().alone() ? lines.sum() : lines.max().orElse(0);
  }

  private long longestLine(LinearShape layer) {
    return Math.max(
        recipe.structures().rows() ? layer.augmentedInputs() : 0,
        recipe.structures().columns() ? layer.outputs() : 0);
  }
}
