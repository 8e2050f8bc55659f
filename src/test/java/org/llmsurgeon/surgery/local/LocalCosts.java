package org.llmsurgeon.surgery.local;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.GroupTask;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.ShotCosts;

/**
 * Costs in one process, one layer or group after the other. Paths are followed to their ends,
 * whatever bounds they are asked for: that bounds change nothing is what runs on Spark show.
 *
 * @param device where to compute
 * @param config the model
 * @param weights its weights before the shot
 * @param factors of the shot
 * @param recipe what to do
 */
record LocalCosts(
    Device device, ModelConfig config, WeightSource weights, FactorSource factors, Recipe recipe)
    implements ShotCosts {
  @Override
  public List<LayerScore> lines() {
    return config.linears().stream()
        .map(layer -> new LayerTask(device, layer, weights, factors, recipe))
        .map(task -> task.among(config.linears()).score())
        .toList();
  }

  @Override
  public List<GroupScore> paths(List<Integer> groups, PathOptions options) {
    PathOptions whole = new PathOptions(options.step(), 1, Double.POSITIVE_INFINITY);
    return groups.stream().map(group -> task(group).path(whole)).toList();
  }

  @Override
  public List<RoundScore> round(List<ChosenUnits> chosen) {
    return chosen.stream().map(each -> task(each.group()).round(each)).toList();
  }

  private GroupTask task(int group) {
    UnitPlan.Planned planned = UnitPlan.of(config, recipe).groups().get(group);
    return new GroupTask(device, planned, weights, factors, recipe);
  }

  @Override
  public List<CostHistogram> count(List<List<CostCut>> earlier, List<CostRange> ranges) {
    List<CostHistogram> counted = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      LinearShape layer = config.linears().get(i);
      CostRange range = ranges.get(i);
      counted.add(
          range == null
              ? null
              : new ElementTask(device, layer, weights, factors, recipe)
                  .histogram(earlier.get(i), range));
    }
    return counted;
  }
}
