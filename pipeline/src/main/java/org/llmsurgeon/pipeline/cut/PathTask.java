package org.llmsurgeon.pipeline.cut;

import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.path.PathOptions;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.GroupTask;
import org.llmsurgeon.surgery.choose.UnitPlan;

/**
 * Follows the elimination path of a coupled group. Memory: the weights of all its layers, factors
 * and inverses of those that are costed.
 *
 * @param work what it needs
 * @param options how to follow it, and how far at least
 */
record PathTask(LayerWork work, PathOptions options) implements TaskFunction<Integer, GroupScore> {
  @Override
  public GroupScore apply(Integer group, String attempt) {
    return work.open(
        opened -> {
          UnitPlan plan = UnitPlan.of(opened.weights().config(), opened.recipe());
          return new GroupTask(
                  ExecutorDevice.shared(),
                  plan.groups().get(group),
                  opened.weights(),
                  opened.factors(),
                  opened.recipe())
              .path(options);
        });
  }
}
