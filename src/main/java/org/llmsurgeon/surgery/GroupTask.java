package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.WeightSource;
import org.llmsurgeon.pruning.EliminationPath;
import org.llmsurgeon.pruning.LayerSurgery;
import org.llmsurgeon.pruning.Path;
import org.llmsurgeon.pruning.PathOptions;
import org.llmsurgeon.pruning.Selection;

/** The score task of a coupled group: follows its elimination path (algorithm section 6, ours). */
public final class GroupTask {
  private final Device device;
  private final UnitPlan.Planned planned;
  private final WeightSource weights;
  private final FactorSource factors;
  private final Recipe recipe;

  /**
   * @param device where to compute
   * @param planned the group
   * @param weights weights of the last committed shot
   * @param factors factors of this shot
   * @param recipe what to do
   */
  public GroupTask(
      Device device,
      UnitPlan.Planned planned,
      WeightSource weights,
      FactorSource factors,
      Recipe recipe) {
    this.device = device;
    this.planned = planned;
    this.weights = weights;
    this.factors = factors;
    this.recipe = recipe;
  }

  /**
   * Follows the path.
   *
   * @param options how far and in which steps
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   */
  public GroupScore score(PathOptions options) {
    List<LayerSurgery> layers = new ArrayList<>();
    try (TensorScope scope = new TensorScope(device)) {
      return LayerTask.explained(
          recipe,
          () -> {
            for (LinearShape shape : planned.shapes()) {
              layers.add(new LayerTask(device, shape, weights, factors, recipe).open(scope));
            }
            Path path = EliminationPath.follow(device, planned.group(), layers, options);
            return new GroupScore(path, layers.stream().map(GroupTask::dead).toList());
          });
    } finally {
      layers.forEach(LayerSurgery::close);
    }
  }

  private static Selection dead(LayerSurgery layer) {
    return new Selection(layer.deadRows(), layer.deadColumns());
  }
}
