package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs on Spark that may not touch all layers, or not as far as they like. */
class LayerRuleRunTest {
  private static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  static Stream<Map<String, Object>> structures() {
    return Stream.of(
        Map.of("structures", "units"),
        Map.of("structures", "units", "selection", "rounds", "rounds", 2),
        Map.of("structures", "row,column"),
        Map.of("structures", "element", "rounds", 2),
        Map.of("structures", "2:4"));
  }

  private static Recipe recipe(Map<String, Object> structures, Map<String, Object> others) {
    Map<String, Object> all = new HashMap<>(structures);
    all.putAll(Map.of("sparsity", 0.35, "shots", 2));
    all.putAll(others);
    return Recipe.of(all);
  }

  private PruningReport prune(TestModel model, Recipe recipe) {
    return new SurgeonPipeline(spark, Progress.silent())
        .prune(model.request(temp.resolve("out"), recipe));
  }

  @ParameterizedTest
  @MethodSource("structures")
  void excludedLayersKeepTheirBitsAndLimitsHold(Map<String, Object> structures) throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Recipe recipe =
        recipe(structures, Map.of("exclude", "layers.0.fc1,q_proj", "limit", "out_proj=0.2"));
    PruningReport report = prune(model, recipe);

    LocalRun.assertSame(temp.resolve("out"), model, recipe);
    long touched = 0;
    for (int i = 0; i < report.layers().size(); i++) {
      LinearShape layer = model.config().linears().get(i);
      long removed = report.layers().get(i).counts().removed();
      assertThat(removed).as(layer.name()).isLessThanOrEqualTo(recipe.layers().most(layer));
      if (recipe.layers().touches(layer)) {
        touched += layer.weights();
      } else {
        assertSameBits(model, layer);
      }
    }
    double removed = report.shots().get(1).removal().removed();
    assertThat(removed / touched).isCloseTo(0.35, within(0.06)).isLessThanOrEqualTo(0.35);
  }

  @ParameterizedTest
  @MethodSource("structures")
  void everyLayerOrGroupReachesTheSparsityOnItsOwn(Map<String, Object> structures)
      throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Recipe recipe = recipe(structures, Map.of("threshold", "layer", "exclude", "fc2"));
    PruningReport report = prune(model, recipe);

    LocalRun.assertSame(temp.resolve("out"), model, recipe);
    boolean units = structures.get("structures").equals("units");
    List<LinearShape> layers = model.config().linears();
    for (int from = 0; from < layers.size(); ) {
      // OPT's block is q, k, v, out_proj, which are one coupled group, then fc1 and fc2.
      int to = from + (units && from % 6 == 0 ? 4 : 1);
      long removed = 0;
      long all = 0;
      for (int i = from; i < to; i++) {
        removed += report.layers().get(i).counts().removed();
        all += recipe.layers().touches(layers.get(i)) ? layers.get(i).weights() : 0;
      }
      double share = all == 0 ? 0 : (double) removed / all;
      assertThat(share)
          .as(layers.get(from).name())
          .isLessThanOrEqualTo(all == 0 ? 0 : 0.35 + 1e-12)
          .isGreaterThan(all == 0 ? -1 : 0.2);
      from = to;
    }
  }

  private void assertSameBits(TestModel model, LinearShape layer) throws Exception {
    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder pruned = ModelFolder.open(storage, temp.resolve("out").toString())) {
      for (String name : List.of(layer.weightName(), layer.biasName())) {
        try (Tensor before = dense.load(name, device);
            Tensor after = pruned.load(name, device)) {
          assertThat(device.values(after)).as(name).isEqualTo(device.values(before));
        }
      }
    }
  }

  @Test
  void aPatternThatNamesNothingIsRefusedAndNothingIsWritten() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Recipe recipe = recipe(Map.of(), Map.of("include", "lm_head"));
    assertThatThrownBy(() -> prune(model, recipe))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--include 'lm_head'");
    assertThat(Files.exists(temp.resolve("out/.surgeon-run"))).isFalse();
  }
}
