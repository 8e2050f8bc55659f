package org.llmsurgeon.pipeline.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A plan of every kind of run on every architecture: each stage has its work and its memory. */
@DisplayName("Each architecture of the registry")
class EveryArchitecturePlanTest {
  private static final Machines MACHINES =
      new Machines(1, 2, 8L << 30, new Machines.Rates(1e10, 5e9, 1e8));

  private static final List<String> STRUCTURES =
      List.of("units", "row", "column", "row,column", "element", "1:2");

  private static final List<String> CURVATURES =
      List.of("kfac", "ekfac", "nearest-kronecker", "kronecker-sum", "activations", "identity");

  private static final List<Map<String, Object>> AFTER =
      List.of(
          Map.of(),
          Map.of("reconstruct", true),
          Map.of("correct", "distill"),
          Map.of("recover", "distill", "recover-tokens", 4096));

  static List<String> models() throws IOException {
    return ReferenceModel.names();
  }

  @ParameterizedTest
  @MethodSource("models")
  void isPlanned(String name) throws IOException {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      for (String structures : STRUCTURES) {
        for (String curvature : CURVATURES) {
          for (Map<String, Object> after : AFTER) {
            assertPlanned(model.config(), structures, curvature, after);
          }
        }
      }
    }
  }

  private static void assertPlanned(
      ModelConfig config, String structures, String curvature, Map<String, Object> after) {
    if (structures.equals("units") && List.of("ekfac", "kronecker-sum").contains(curvature)) {
      return; // no joint costs
    }
    Map<String, Object> options = new HashMap<>(after);
    options.putAll(Map.of("structures", structures, "curvature", curvature));
    if (!structures.equals("1:2")) {
      options.put("sparsity", 0.3);
    }
    int context = Math.min(8, config.maxPositions());
    Workload work = new Workload(config, Float.BYTES, Recipe.of(options), 0.3, 64, context, 32, 8);
    ResourcePlan plan = ResourcePlanner.plan(work, MACHINES);
    assertThat(plan.seconds()).as("%s", options).isPositive();
    assertThat(plan.diskBytes()).as("%s", options).isPositive();
    assertThat(plan.stage("cut").written()).as("%s", options).isPositive();
    assertThat(plan.stages())
        .as("%s", options)
        .noneMatch(stage -> stage.memory().process() <= 0 || stage.seconds() < 0);
  }
}
