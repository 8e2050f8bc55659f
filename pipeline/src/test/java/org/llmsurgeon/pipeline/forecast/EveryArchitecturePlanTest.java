package org.llmsurgeon.pipeline.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.analyse.Inspection;
import org.llmsurgeon.pipeline.analyse.ModelSummary;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Every architecture is inspected, and a run of every kind is planned: each stage has its work and
 * its memory.
 */
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
          assertPlanned(model.config(), structures, curvature, Map.of());
        }
        for (Map<String, Object> after : AFTER) {
          assertPlanned(model.config(), structures, "kfac", after);
        }
      }
    }
  }

  /** All weights are in what inspect counts, and what it says is what the file holds. */
  @ParameterizedTest
  @MethodSource("models")
  void isInspected(String name, @TempDir Path folder) throws IOException {
    try (ReferenceModel model = ReferenceModel.open(name);
        InputStream weights =
            ReferenceModel.class.getResourceAsStream("reference/" + name + ".safetensors")) {
      Files.writeString(folder.resolve("config.json"), model.json().toString());
      Files.copy(weights, folder.resolve("model.safetensors"));
      ModelSummary summary = Inspection.here(folder.toString());
      ModelConfig config = model.config();
      assertThat(summary.architecture()).isEqualTo(config.architecture());
      assertThat(summary.layers()).hasSize(config.linears().size());
      assertThat(summary.counts().prunable())
          .isEqualTo(config.linears().stream().mapToLong(LinearShape::weights).sum());
      assertThat(summary.counts().parameters()).isEqualTo(stored(name, model));
    }
  }

  /** Numbers of all tensors but those that transformers stores and the network does not read. */
  private static long stored(String name, ReferenceModel model) {
    return model.stored().stream()
        .filter(each -> !each.equals("cls.predictions.decoder.bias"))
        .filter(each -> !name.endsWith("-embedding") || !each.contains("pooler"))
        .mapToLong(
            each -> Arrays.stream(model.shape(each)).asLongStream().reduce(1, (a, b) -> a * b))
        .sum();
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
    assertThat(plan.stage("cut").work().written()).as("%s", options).isPositive();
    assertThat(plan.stages())
        .as("%s", options)
        .noneMatch(stage -> stage.memory().process() <= 0 || stage.seconds() < 0);
  }
}
