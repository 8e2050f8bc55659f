package org.llmsurgeon.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Plans are made without Spark. */
class RunPlannerTest {
  private static final ModelConfig CONFIG =
      Architectures.parse(TinyModels.llamaJson(), "config.json");

  private static RunPlanner planner(Map<String, ?> options) {
    return new RunPlanner(CONFIG, name -> Float.BYTES, Recipe.of(options));
  }

  private static RunPlan plan(Map<String, ?> options, RunPlanner.RunWindows windows) {
    RunInputs inputs = new RunInputs(new HashedFile("model", "0"), List.of(), List.of());
    return planner(options).plan(RunIdentity.of(inputs, Recipe.of(options), 8), windows);
  }

  private static WindowsFile windows(String name, int count) {
    return new WindowsFile(List.of(name), count, count, 8, null);
  }

  @Test
  void eachShotHasTheWindowsThatWereDrawnForIt() {
    List<WindowsFile> drawn = List.of(windows("a", 12), windows("b", 12), windows("c", 12));
    Map<String, ?> options =
        Map.of("shots", 3, "sparsity", 0.3, "shards", 4, "fresh-calibration", true);
    RunPlan plan = plan(options, new RunPlanner.RunWindows(drawn, null, windows("t", 2), 1.5));
    for (int shot = 1; shot <= 3; shot++) {
      assertThat(plan.calibration(shot)).isEqualTo(drawn.get(shot - 1));
    }
    assertThat(plan.share()).isEqualTo(0.3);
    assertThat(plan.shards()).isEqualTo(Shard.plan(12, 4));
    assertThat(plan.windows().test()).isEqualTo(windows("t", 2));
    assertThat(plan.tokeniseSeconds()).isEqualTo(1.5);
  }

  @Test
  void withoutDataThereIsNothingToAccumulate() {
    Map<String, ?> options = Map.of("curvature", "identity", "structures", "element", "shots", 2);
    RunPlan plan = plan(options, new RunPlanner.RunWindows(List.of(), null, null, 0));
    assertThat(plan.shards()).isEmpty();
    assertThat(plan.calibration(2)).isNull();
    planner(options).requireData(List.of());
  }

  @Test
  void whatCannotBeDoneIsRefusedBeforeAnythingRuns() {
    assertThatThrownBy(() -> planner(Map.of()).requireData(List.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "The curvature kfac needs data; give --calibration with a text or token windows.");
    Map<String, ?> all = Map.of("sparsity", 1.0, "units", "neuron");
    assertThatThrownBy(() -> planner(all).requireReachable()).isInstanceOf(InputException.class);
    List<Long> gone = CONFIG.linears().stream().map(LinearShape::weights).toList();
    RunPlanner half = planner(Map.of("sparsity", 0.5, "structures", "element"));
    assertThatThrownBy(() -> half.requireLess(gone)).isInstanceOf(InputException.class);
    half.requireReachable();
    half.requireLess(gone.stream().map(each -> 0L).toList());
  }
}
