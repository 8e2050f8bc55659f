package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Shots that keep to what their predictions hold for. */
class TrustRunTest {
  @TempDir Path temp;

  private static Recipe recipe(String structures, Map<String, ?> more) {
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures);
    options.put("sparsity", 0.6);
    options.put("shots", 1);
    options.put("shards", 3);
    options.putAll(more);
    return Recipe.of(options);
  }

  private PruningReport prune(SparkConf conf, TestModel model, String output, Recipe recipe) {
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      return new SurgeonPipeline(spark, Progress.silent())
          .prune(model.request(temp.resolve(output), recipe));
    }
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"element", "row,column", "units"})
  void whatMovesMostIsMeasuredAlone(String structures) throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruningReport report =
        prune(
            TestSpark.conf("local[2]"),
            model,
            "trusted",
            recipe(structures, Map.of("trust-region", true, "shots", 2)));
    assertThat(report.numerics().trust()).isNotEmpty();
    assertThat(report.numerics().trust()).extracting(PruningReport.Trust::shot).contains(1, 2);
    for (PruningReport.Trust each : report.numerics().trust()) {
      assertThat(each.share()).isBetween(0.0, 1.0);
      assertThat(each.measuredNats()).isFinite();
      assertThat(each.predictedNats()).isNotNegative();
    }
    assertThat(report.shots().get(1).removal().sparsity())
        .isLessThanOrEqualTo(0.6)
        .isGreaterThan(0.5);
  }

  /** Where the second try is worse, the first is done again. */
  @ParameterizedTest
  @CsvSource({"3, 0.5, true", "30, 0.7, false"})
  void threadsAndStopsChangeNoByte(double loudness, double sparsity, boolean better)
      throws Exception {
    TestModel model = TestModel.loudOpt(temp, loudness);
    Recipe recipe = recipe("element", Map.of("trust-region", true, "sparsity", sparsity));
    PruningReport report = prune(TestSpark.conf("local[1]"), model, "one", recipe);
    assertThat(report.numerics().trust())
        .as("a layer is held back, and the shot cut again")
        .anyMatch(PruningReport.Trust::held)
        .anyMatch(each -> each.round() == 2);
    byte[] one = weights("one");
    prune(
        TestSpark.conf("local[2]"),
        model,
        "plain",
        recipe("element", Map.of("sparsity", sparsity)));
    assertThat(Arrays.equals(weights("plain"), one)).isNotEqualTo(better);

    int layers = model.config().linears().size();
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf("local[3]"))) {
      for (PowerCut cut :
          List.of(
              new PowerCut("1 trust", 2),
              new PowerCut("1 trust", report.numerics().trust().size() + 3),
              new PowerCut("1 cut", layers + 3),
              new PowerCut("1 cut", 2 * layers + 3))) {
        Path output = Files.createTempDirectory(temp, "stopped").resolve("pruned");
        try {
          new SurgeonPipeline(spark, cut).prune(model.request(output, recipe));
        } catch (IllegalStateException powerCut) {
          assertThat(powerCut).hasMessage("power cut");
        }
        PruningReport resumed =
            new SurgeonPipeline(spark, Progress.silent()).prune(model.request(output, recipe));
        assertThat(Files.readAllBytes(output.resolve("model.safetensors"))).isEqualTo(one);
        assertThat(resumed.numerics().trust()).isEqualTo(report.numerics().trust());
      }
    }
  }
}
