package org.llmsurgeon.pipeline.cut;

import java.io.Serializable;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.GroupTask;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Follows the elimination path of a coupled group. Memory: that of {@link ScoreTask} for all layers
 * of the group.
 *
 * @param work what it needs
 * @param bound how far to follow at least
 */
record PathTask(LayerWork work, Bound bound) implements TaskFunction<Integer, GroupScore> {
  /**
   * Where a path may stop.
   *
   * @param reach share of the group's weights; 1 for the end
   * @param ceiling cost per weight
   */
  record Bound(double reach, double ceiling) implements Serializable {
    /** To the end. */
    static final Bound NONE = new Bound(1, Double.POSITIVE_INFINITY);
  }

  @Override
  public GroupScore apply(Integer group, String attempt) {
    return work.open(
        opened -> {
          Recipe recipe = opened.recipe();
          UnitPlan plan = UnitPlan.of(opened.weights().config(), recipe);
          UnitPlan.Planned planned = plan.groups().get(group);
          PathOptions options =
              new PathOptions(recipe.selection().pathStep(), bound.reach(), bound.ceiling());
          return new GroupTask(
                  ExecutorDevice.shared(), planned, opened.weights(), opened.factors(), recipe)
              .path(options);
        });
  }
}
