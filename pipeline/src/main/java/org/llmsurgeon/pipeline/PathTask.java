package org.llmsurgeon.pipeline;

import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.pruning.PathOptions;
import org.llmsurgeon.pruning.Units;
import org.llmsurgeon.surgery.GroupTask;
import org.llmsurgeon.surgery.Recipe;
import org.llmsurgeon.surgery.UnitPlan;

/**
 * Follows the elimination path of a coupled group to its end. Memory: that of {@link ScoreTask} for
 * all layers of the group.
 *
 * @param work what it needs
 */
record PathTask(LayerWork work) implements TaskFunction<Integer, GroupPath> {
  @Override
  public GroupPath apply(Integer group, String attempt) {
    return work.open(
        opened -> {
          ModelConfig config = opened.weights().config();
          Recipe recipe = opened.recipe();
          Units units = (Units) recipe.structures();
          UnitPlan.Planned planned = new UnitPlan(config, units.kinds()).groups().get(group);
          PathOptions options =
              new PathOptions(recipe.selection().pathStep(), 1, Double.POSITIVE_INFINITY);
          return GroupPath.of(
              new GroupTask(
                      ExecutorDevice.shared(), planned, opened.weights(), opened.factors(), recipe)
                  .score(options));
        });
  }
}
