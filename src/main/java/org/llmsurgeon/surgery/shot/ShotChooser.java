package org.llmsurgeon.surgery.shot;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.threshold.ThresholdResult;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.LineChoice;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Decides what goes in a shot, by what an engine says of costs: rows and columns under one
 * threshold, units by their paths or in rounds, single weights and N:M by histograms.
 */
public final class ShotChooser {
  private final ModelConfig config;
  private final Recipe recipe;
  private final ShotAim aim;

  /**
   * @param config the model
   * @param recipe what to do
   * @param aim how far the shot goes
   */
  public ShotChooser(ModelConfig config, Recipe recipe, ShotAim aim) {
    this.config = config;
    this.recipe = recipe;
    this.aim = aim;
  }

  /**
   * Chooses.
   *
   * @param costs scores layers and groups
   */
  public ShotChoice choose(ShotCosts costs) {
    return switch (recipe.structures().contest()) {
      case LINES -> lines(costs.lines());
      case UNITS -> new UnitSelection(config, recipe, aim).by(costs);
      case WEIGHTS -> new ElementSelection(config, recipe, aim).by(costs);
    };
  }

  /**
   * Chooses units along orders that are known.
   *
   * @param paths of all groups, to their ends
   */
  public ShotChoice along(List<GroupScore> paths) {
    return new UnitSelection(config, recipe, aim).along(paths);
  }

  private ShotChoice lines(List<LayerScore> scores) {
    List<StructureCosts> costs = scores.stream().map(LayerScore::costs).toList();
    ThresholdResult result = new LineChoice(config.linears(), recipe).upTo(aim.target(), costs);
    return new ShotChoice(
        new Removal(aim.target(), result.threshold(), result.removed(), result.total()),
        ShotChoice.Prediction.NONE,
        0,
        IntStream.range(0, result.selections().size())
            .mapToObj(i -> LayerSelection.of(i, result.selections().get(i)))
            .toList(),
        0,
        scores.stream().map(each -> new LayerHealth(each.costs().layer(), each.factors())).toList(),
        LineCounts.of(costs, result.selections(), recipe.structures()));
  }
}
