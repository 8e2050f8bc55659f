package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.WeightSource;
import org.llmsurgeon.pruning.LayerSurgery;
import org.llmsurgeon.pruning.RoundCosts;
import org.llmsurgeon.pruning.Selection;

/** The score task of a coupled group in one global round (algorithm section 6, ours). */
public final class RoundTask {
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
  public RoundTask(
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
   * Costs what earlier rounds have left.
   *
   * @param chosen what they chose of this group
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   */
  public RoundScore score(ChosenUnits chosen) {
    List<LayerSurgery> layers = new ArrayList<>();
    try (TensorScope scope = new TensorScope(device)) {
      return LayerTask.explained(
          recipe,
          () -> {
            for (LinearShape shape : planned.shapes()) {
              layers.add(new LayerTask(device, shape, weights, factors, recipe).open(scope));
            }
            RoundCosts.Scored scored =
                RoundCosts.after(device, planned.group(), layers, chosen.units(), chosen.ways());
            return new RoundScore(
                scored.path(), layers.stream().map(RoundTask::dead).toList(), scored.joint());
          });
    } finally {
      layers.forEach(LayerSurgery::close);
    }
  }

  private static Selection dead(LayerSurgery layer) {
    return new Selection(layer.deadRows(), layer.deadColumns());
  }
}
