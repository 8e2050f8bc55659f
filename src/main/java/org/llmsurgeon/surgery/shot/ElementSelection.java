package org.llmsurgeon.surgery.shot;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.surgery.choose.ElementChoice;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Chooses single weights or N:M groups: passes over the layers that count costs ever more finely
 * around the threshold.
 */
final class ElementSelection {
  private final List<LinearShape> layers;
  private final Recipe recipe;
  private final ShotAim aim;
  private final CostHistogram[] first;

  ElementSelection(ModelConfig config, Recipe recipe, ShotAim aim) {
    this.layers = config.linears();
    this.recipe = recipe;
    this.aim = aim;
    this.first = new CostHistogram[layers.size()];
  }

  ShotChoice by(ShotCosts costs) {
    double from = aim.before() == null ? 0 : aim.before().target();
    ElementChoice.Result chosen =
        new ElementChoice(layers, recipe)
            .upTo(from, aim.target(), (earlier, ranges) -> count(costs, earlier, ranges));
    return new ShotChoice(
        new Removal(aim.target(), chosen.threshold(), chosen.removed(), chosen.total()),
        ShotChoice.Prediction.NONE,
        0,
        IntStream.range(0, chosen.cuts().size())
            .mapToObj(i -> LayerSelection.of(i, chosen.cuts().get(i)))
            .toList(),
        0,
        List.of(),
        Map.of(recipe.structures().optionName(), counts(chosen)));
  }

  /** How many cost how much, by the first pass of the last round. */
  private CostCounts counts(ElementChoice.Result chosen) {
    CostCounts.Counter counter = new CostCounts.Counter();
    for (int layer = 0; layer < first.length; layer++) {
      if (first[layer] != null) {
        List<CostCut> cuts = chosen.cuts().get(layer);
        first[layer].count(counter, cuts.get(cuts.size() - 1));
      }
    }
    return counter.counts();
  }

  private List<CostHistogram> count(
      ShotCosts costs, List<List<CostCut>> earlier, List<CostRange> ranges) {
    List<CostHistogram> counted = costs.count(earlier, ranges);
    for (int layer = 0; layer < first.length; layer++) {
      if (CostRange.ALL.equals(ranges.get(layer))) {
        first[layer] = counted.get(layer);
      }
    }
    return counted;
  }
}
