package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.checkpoint.LocalStorage;
import org.llmsurgeon.checkpoint.ModelFolder;
import org.llmsurgeon.checkpoint.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.surgery.LocalSurgeon;
import org.llmsurgeon.surgery.Recipe;

/** Runs on Spark under every kind of curvature. */
class CurvatureRunTest {
  private static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(3);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  static Stream<Arguments> recipes() {
    return Stream.of(
        Arguments.of(
            true, Map.of("structures", "row,column", "fisher", "sampled", "fisher-samples", 3)),
        Arguments.of(false, Map.of("fisher", "kl", "fisher-samples", 2)));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aRunEqualsTheLoopInOneProcess(boolean bias, Map<String, Object> options) throws Exception {
    TestModel model =
        bias ? TestModel.opt(temp, DataType.F32) : TestModel.llama(temp, DataType.F32);
    Map<String, Object> all = new HashMap<>(Map.of("sparsity", 0.3, "shots", 2, "shards", 5));
    all.putAll(options);
    Recipe recipe = Recipe.of(all);
    assertThat(Recipe.of(recipe.options())).isEqualTo(recipe);
    PruningReport report =
        new SurgeonPipeline(spark, Progress.silent())
            .prune(model.request(temp.resolve("spark"), recipe));
    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    int[][] windows =
        TokenWindows.read(storage, model.tokens().toString(), "calibration").windows();
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder pruned = ModelFolder.open(storage, temp.resolve("spark").toString());
        LocalSurgeon local =
            new LocalSurgeon(device, model.config(), new FolderWeights(dense), recipe)) {
      local.shoot(windows);
      LocalSurgeon.Shot last = local.shoot(windows);
      assertThat(report.shots().get(1).removed()).isEqualTo(last.choice().removed()).isPositive();
      for (String name : model.config().expectedTensors().keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
    }
  }
}
