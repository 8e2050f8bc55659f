package org.llmsurgeon.pipeline.cut;

import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.surgery.choose.ChosenUnits;
import org.llmsurgeon.surgery.choose.GroupTask;
import org.llmsurgeon.surgery.choose.RoundScore;
import org.llmsurgeon.surgery.choose.UnitPlan;

/**
 * Costs the units of a coupled group after what earlier rounds have chosen of it. Memory: that of
 * {@link PathTask}.
 *
 * @param work what it needs
 */
record CostRoundTask(LayerWork work) implements TaskFunction<ChosenUnits, RoundScore> {
  @Override
  public RoundScore apply(ChosenUnits chosen, String attempt) {
    return work.open(
        opened -> {
          UnitPlan plan = UnitPlan.of(opened.weights().config(), opened.recipe());
          return new GroupTask(
                  ExecutorDevice.shared(),
                  plan.groups().get(chosen.group()),
                  opened.weights(),
                  opened.factors(),
                  opened.recipe())
              .round(chosen);
        });
  }
}
