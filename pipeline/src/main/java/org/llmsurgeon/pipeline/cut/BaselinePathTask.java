package org.llmsurgeon.pipeline.cut;

import java.util.List;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.choose.BaselinePath;
import org.llmsurgeon.surgery.choose.GroupScore;
import org.llmsurgeon.surgery.choose.UnitPlan;

/**
 * Orders the units of a coupled group by a published score. Memory: the weights of its layers in
 * single precision, and as much again for gradients.
 *
 * @param work what it needs
 * @param baseline which score
 */
record BaselinePathTask(LayerWork work, UnitBaseline baseline)
    implements TaskFunction<Integer, GroupScore> {
  @Override
  public GroupScore apply(Integer group, String attempt) {
    FactorSource gathered = work.ofBaseline(baseline.needs());
    return work.open(
        opened -> {
          List<UnitPlan.Planned> groups =
              UnitPlan.of(opened.weights().config(), opened.recipe()).groups();
          return new BaselinePath(ExecutorDevice.shared(), opened.weights(), gathered, baseline)
              .of(groups, group, opened.recipe());
        });
  }
}
