package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

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
        Arguments.of(false, Map.of("fisher", "kl", "fisher-samples", 2)),
        Arguments.of(false, Map.of("curvature", "nearest-kronecker", "curvature-passes", 1)),
        Arguments.of(
            true,
            Map.of(
                "structures",
                "row,column",
                "curvature",
                "nearest-kronecker",
                "fisher",
                "sampled",
                "fisher-samples",
                2)),
        Arguments.of(true, Map.of("structures", "element", "curvature", "nearest-kronecker")),
        Arguments.of(
            true, Map.of("structures", "2:4", "sparsity", 0.4, "curvature", "nearest-kronecker")),
        Arguments.of(
            true,
            Map.of(
                "structures",
                "row,column",
                "curvature",
                "ekfac",
                "fisher",
                "sampled",
                "fisher-samples",
                2)),
        Arguments.of(false, Map.of("structures", "element", "curvature", "ekfac")),
        Arguments.of(true, Map.of("structures", "2:4", "sparsity", 0.4, "curvature", "ekfac")),
        Arguments.of(
            true,
            Map.of(
                "structures", "row,column", "curvature", "kronecker-sum", "curvature-passes", 1)),
        Arguments.of(
            false,
            Map.of(
                "structures",
                "element",
                "rounds",
                2,
                "curvature",
                "kronecker-sum",
                "curvature-passes",
                1)),
        Arguments.of(
            true,
            Map.of(
                "structures",
                "2:4",
                "sparsity",
                0.4,
                "curvature",
                "kronecker-sum",
                "curvature-rank",
                3,
                "curvature-passes",
                1)));
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
    LocalSurgeon.Shot last = LocalRun.assertSame(temp.resolve("spark"), model, recipe);
    assertThat(report.shots().get(1).removal().removed())
        .isEqualTo(last.removal().removed())
        .isPositive();
  }

  /** Throws when a stage of a shot begins for the given time. */
  private static final class Cut extends RecordingProgress {
    private final String stage;
    private final int time;
    private int seen;

    Cut(String stage, int time) {
      this.stage = stage;
      this.time = time;
    }

    @Override
    public void stageStarted(int shot, String name, int count) {
      super.stageStarted(shot, name, count);
      if (stage.equals(shot + " " + name) && ++seen == time) {
        throw new IllegalStateException("power cut");
      }
    }
  }

  /** Two passes in each shot after the first, which has one more; the second shot goes on. */
  @ParameterizedTest
  @CsvSource({"1 accumulate, 2", "1 reduce, 3", "2 accumulate, 1", "2 accumulate, 2", "2 cut, 1"})
  void aRunThatWasCutOffBetweenPassesGoesOn(String stage, int time) throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe =
        Recipe.of(
            Map.of(
                "sparsity",
                0.3,
                "shots",
                2,
                "shards",
                3,
                "curvature",
                "nearest-kronecker",
                "curvature-passes",
                1));
    PruneRequest request = model.request(temp.resolve("spark"), recipe);
    assertThatThrownBy(() -> new SurgeonPipeline(spark, new Cut(stage, time)).prune(request))
        .hasMessage("power cut");
    RecordingProgress second = new RecordingProgress();
    new SurgeonPipeline(spark, second).prune(request);
    LocalRun.assertSame(temp.resolve("spark"), model, recipe);
    long accumulated =
        second.events().stream().filter(event -> event.contains(" accumulate ")).count();
    assertThat(accumulated).isEqualTo(left(stage, time));
  }

  /** Passes that were not finished; the records of finished shards make an empty stage. */
  private static int left(String stage, int time) {
    return switch (stage) {
      case "1 accumulate" -> 6 - time;
      case "1 reduce" -> 6 - time;
      case "2 accumulate" -> 3 - time;
      default -> 0;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"nearest-kronecker", "kronecker-sum"})
  void factorsAndCostsAreWritten(String kind) throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    List<String> windows = List.of(model.tokens().toString());
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    Recipe recipe = Recipe.of(Map.of("curvature", kind, "shards", 3));
    String factors = temp.resolve("factors.safetensors").toString();
    String scores = temp.resolve("scores.safetensors").toString();
    pipeline.factors(model.folder().toString(), windows, factors, recipe);
    pipeline.scores(model.folder().toString(), windows, scores, recipe);
    List<String> terms = kind.equals("kronecker-sum") ? List.of("", "2") : List.of("");
    try (Safetensors file = Safetensors.open(new LocalStorage().open(factors));
        Safetensors costs = Safetensors.open(new LocalStorage().open(scores))) {
      assertThat(file.entries()).hasSize(2 * terms.size() * model.config().linears().size());
      for (LinearShape layer : model.config().linears()) {
        double before = Double.POSITIVE_INFINITY;
        for (String term : terms) {
          double norm = norm(file, layer.name() + ".A" + term);
          assertThat(norm(file, layer.name() + ".G" + term)).isCloseTo(norm, within(1e-5 * norm));
          assertThat(norm).as(layer.name() + term).isPositive().isLessThan(before);
          before = norm;
        }
        assertThat(norm(costs, layer.name() + ".row")).isPositive();
        assertThat(norm(costs, layer.name() + ".column")).isPositive();
      }
    }
  }

  private static double norm(Safetensors file, String name) {
    Device device = ExecutorDevice.shared();
    try (Tensor tensor = file.load(name, device)) {
      return Math.sqrt(Arrays.stream(device.values(tensor)).map(each -> each * each).sum());
    }
  }

  @Test
  void unitsAreRefusedUnderASum() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    PruneRequest request =
        model.request(temp.resolve("spark"), Recipe.of(Map.of("curvature", "kronecker-sum")));
    assertThatThrownBy(() -> new SurgeonPipeline(spark, Progress.silent()).prune(request))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("units");
    assertThat(temp.resolve("spark")).doesNotExist();
  }
}
