package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs on Spark that remove single weights and N:M groups. */
class ElementRunTest {
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

  static Stream<Arguments> recipes() {
    return Stream.of(
        Arguments.of(false, Map.of("structures", "element", "rounds", 2)),
        Arguments.of(true, Map.of("structures", "element", "keep-bias", true)),
        Arguments.of(true, Map.of("structures", "2:4", "sparsity", 0.4)),
        Arguments.of(
            true, Map.of("structures", "4:8", "sparsity", 0.3, "skip-unfit", true, "rounds", 2)),
        Arguments.of(
            true,
            Map.of(
                "structures",
                "1:2",
                "sparsity",
                0.4,
                "independent",
                true,
                "element-update",
                "grouped",
                "max-correlate",
                5)),
        Arguments.of(
            false, Map.of("structures", "element", "curvature", "identity", "diagonal", true)));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aRunEqualsTheLoopInOneProcess(boolean bias, Map<String, Object> options) throws Exception {
    TestModel model =
        bias ? TestModel.opt(temp, DataType.F32) : TestModel.llama(temp, DataType.F32);
    Map<String, Object> all = new HashMap<>(Map.of("sparsity", 0.5, "shots", 2, "shards", 3));
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
      LocalSurgeon.Shot first = local.shoot(windows);
      LocalSurgeon.Shot last = local.shoot(windows);
      assertThat(report.shots())
          .extracting(shot -> shot.removal().removed())
          .containsExactly(first.removal().removed(), last.removal().removed());
      assertThat(last.removal().removed())
          .isBetween(
              first.removal().removed() + 1,
              (long) (last.removal().target() * last.removal().total()));
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
      assertThat(report.layers().stream().mapToLong(layer -> layer.counts().removed()).sum())
          .isEqualTo(zeros(model.config().linears(), pruned, device));
    }
  }

  private static long zeros(List<LinearShape> layers, ModelFolder folder, Device device) {
    long zeros = 0;
    for (LinearShape layer : layers) {
      try (Tensor weight = folder.load(layer.weightName(), device)) {
        zeros += java.util.Arrays.stream(device.values(weight)).filter(each -> each == 0).count();
      }
      if (layer.bias()) {
        try (Tensor bias = folder.load(layer.biasName(), device)) {
          zeros += java.util.Arrays.stream(device.values(bias)).filter(each -> each == 0).count();
        }
      }
    }
    return zeros;
  }

  @Test
  void aLayerThatThePatternDoesNotFitIsRefusedOrLeftDense() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    int wide = model.config().linears().get(0).inputs() + 1;
    assertThat(wide).isLessThanOrEqualTo(64);
    Map<String, Object> options =
        new HashMap<>(Map.of("structures", "1:" + wide, "sparsity", 0.1, "shots", 1));
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    PruneRequest refused = model.request(temp.resolve("a"), Recipe.of(options));
    assertThatThrownBy(() -> pipeline.prune(refused))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(model.config().linears().get(0).name())
        .hasMessageContaining("--skip-unfit");
    options.put("skip-unfit", true);
    PruningReport report = pipeline.prune(model.request(temp.resolve("b"), Recipe.of(options)));
    assertThat(report.layers().get(0).counts().removed()).isZero();
  }
}
