package org.llmsurgeon.pipeline.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;

class ScalePageTest {
  private static final ResourcePlan PLAN =
      ResourcePlanner.plan(
          new Workload(
              ScalePage.llama(false),
              2,
              org.llmsurgeon.surgery.recipe.Recipe.defaults(),
              0.2,
              64,
              2048,
              0,
              64),
          new Machines(4, 4, 64L << 30, new Machines.Rates(1e11, 4e10, 1e9)));

  private static ClusterSimulation.Outcome run(double slow, double lost) {
    return new ClusterSimulation(4, 0, slow, 3, lost, 0).run(PLAN, 7);
  }

  /** The figures are those of the planner and the simulation of today. */
  @Test
  void thePageShowsWhatTheSimulationSays() throws Exception {
    String page = Files.readString(Path.of("../src/site/markdown/scale.md"));
    assertThat(page).contains(ScalePage.rows(false, 128, 1, 5, 20, 100, 1000));
    assertThat(page).contains(ScalePage.rows(true, 4096, 100));
  }

  @Test
  void executorsThatAreAlikeTakeAsLongAsPlanned() {
    ClusterSimulation.Outcome outcome = run(0, 1e-12);
    double planned = 0;
    for (StagePlan stage : PLAN.stages()) {
      planned += stage.tasks() > 0 ? stage.times() * stage.seconds() : 0;
    }
    assertThat(outcome.seconds()).isBetween(0.99 * planned, 1.01 * planned);
    assertThat(outcome.repeated()).isZero();
    assertThat(outcome.busy()).isBetween(0.1, 1.0);
  }

  @Test
  void slowTasksAndLostExecutorsTakeTime() {
    double best = run(0, 1e-12).seconds();
    assertThat(run(0.2, 1e-12).seconds()).isBetween(1.1 * best, 3.01 * best);
    ClusterSimulation.Outcome unlucky = run(0, 1);
    assertThat(unlucky.repeated()).isPositive();
    assertThat(unlucky.seconds()).isGreaterThan(best);
  }
}
