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
    assertThat(report.shots().get(1).removed()).isEqualTo(last.choice().removed()).isPositive();
  }
}
