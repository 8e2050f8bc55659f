package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.surgery.CurvatureRule;
import org.llmsurgeon.surgery.Recipe;

/** Methods side by side. */
class ComparisonTest {
  private static final List<String> ALL =
      List.of("magnitude", "wanda", "sparsegpt", "l-obd", "k-obd", "obs", "surgeon");
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

  private static SurgeonPipeline pipeline() {
    return new SurgeonPipeline(spark, Progress.silent());
  }

  private static CompareRequest request(
      TestModel model, List<String> methods, List<Double> sparsities, Map<String, ?> options) {
    List<String> tokens = List.of(model.tokens().toString());
    return new CompareRequest(
        model.folder().toString(), tokens, tokens, methods, sparsities, options);
  }

  @Test
  void everyRunIsWhatTheMethodGivesByItself() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = Map.of("structures", "element", "shots", 2);
    List<ComparedRun> runs = pipeline().compare(request(model, ALL, List.of(0.3, 0.5), options));

    assertThat(runs).extracting(ComparedRun::method).hasSize(14).startsWith("magnitude", "wanda");
    for (ComparedRun run : runs) {
      assertThat(run.removed()).isBetween(run.sparsity() - 0.1, run.sparsity());
      assertThat(run.perplexity()).isFinite().isPositive();
      assertThat(run.seconds()).isPositive();
    }
    // What ran in between has left no trace
    for (Method method : List.of(Method.MAGNITUDE, Method.K_OBD, Method.SURGEON)) {
      Recipe recipe = Recipe.of(method.options(options, 0.5));
      PruningReport alone =
          pipeline().prune(model.request(temp.resolve(method.optionName()), recipe));
      ComparedRun compared =
          runs.stream()
              .filter(run -> run.method().equals(method.optionName()) && run.sparsity() == 0.5)
              .findFirst()
              .orElseThrow();
      assertThat(compared.perplexity()).isEqualTo(alone.perplexityF32());
    }
  }

  @Test
  void severalShotsCurvaturesAndUpdatesAreRunsOfTheirOwn() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    List<String> tokens = List.of(model.tokens().toString());
    CompareRequest request =
        new CompareRequest(
            model.folder().toString(),
            tokens,
            tokens,
            List.of("l-obd", "surgeon"),
            List.of(0.3),
            Map.of("structures", "row,column"),
            Map.of(
                "shots", List.of("1", "2"),
                "curvature", List.of("kfac", "activations"),
                "update", List.of("joint", "none")));
    List<ComparedRun> runs = pipeline().compare(request);

    assertThat(runs)
        .extracting(run -> run.method() + " " + run.shots())
        .startsWith("l-obd 1", "l-obd 2", "surgeon 1", "surgeon 1")
        .hasSize(2 + 2 * 2 * 2);
    ComparedRun last = runs.get(8);
    assertThat(last.curvature()).isEqualTo("activations");
    assertThat(last.update()).isEqualTo("joint");
    assertThat(last.shots()).isEqualTo(2);
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                "row,column",
                "sparsity",
                0.3,
                "shots",
                2,
                "curvature",
                "activations",
                "diagonal",
                false));
    PruningReport alone = pipeline().prune(model.request(temp.resolve("alone"), recipe));
    assertThat(last.perplexity()).isEqualTo(alone.perplexityF32());
  }

  @Test
  void whatDoesNotGoWithAMethodsCurvatureIsLeftOut() {
    Map<String, Object> common =
        Map.of("structures", "element", "fisher", "sampled", "curvature-passes", 3);
    assertThat(Recipe.of(Method.MAGNITUDE.options(common, 0.5)))
        .isEqualTo(Recipe.of(Method.MAGNITUDE.options(Map.of("structures", "element"), 0.5)));
    assertThat(Recipe.of(Method.K_OBD.options(common, 0.5)).curvature().fisher().kind())
        .isEqualTo(FisherKind.SAMPLED);
    Map<String, Object> nearest = new LinkedHashMap<>(common);
    nearest.put("curvature", "nearest-kronecker");
    CurvatureRule rule = Recipe.of(Method.SURGEON.options(nearest, 0.5)).curvature();
    assertThat(rule.passes()).isEqualTo(3);
    assertThat(rule.fisher().kind()).isEqualTo(FisherKind.SAMPLED);
  }

  @Test
  void methodsThatCannotDoItAreRefusedBeforeAnythingRuns() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    CompareRequest rows =
        request(model, List.of("surgeon", "wanda"), List.of(0.5), Map.of("structures", "row"));
    assertThatThrownBy(() -> pipeline().compare(rows))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--structures element");
    CompareRequest units =
        request(
            model,
            List.of("surgeon"),
            List.of(0.5),
            Map.of("structures", "units", "curvature", "ekfac"));
    assertThatThrownBy(() -> pipeline().compare(units))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--curvature ekfac has no joint costs");
    CompareRequest unknown = request(model, List.of("guess"), List.of(0.5), Map.of());
    assertThatThrownBy(() -> pipeline().compare(unknown))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("guess");
  }
}
