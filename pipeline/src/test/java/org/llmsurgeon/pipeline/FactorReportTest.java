package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.files.Json;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What the report says of factors and updates. */
class FactorReportTest {
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
        Map.of("structures", "2:4", "element-update", "grouped"));
  }

  @ParameterizedTest
  @MethodSource("structures")
  void everyFactorOfEveryShotIsInTheTable(Map<String, Object> structures) throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Map<String, Object> all = new HashMap<>(structures);
    all.putAll(Map.of("sparsity", 0.4, "shots", 2));
    RecordingProgress progress = new RecordingProgress();
    PruningReport report =
        new SurgeonPipeline(spark, progress)
            .prune(model.request(temp.resolve("out"), Recipe.of(all)));

    List<LinearShape> layers = model.config().linears();
    assertThat(report.numerics().factors()).hasSize(2 * 2 * layers.size());
    for (int i = 0; i < report.numerics().factors().size(); i++) {
      PruningReport.Factor factor = report.numerics().factors().get(i);
      LinearShape layer = layers.get(i / 2 % layers.size());
      assertThat(factor.shot()).isEqualTo(1 + i / 2 / layers.size());
      assertThat(factor.layer()).isEqualTo(layer.name());
      assertThat(factor.factor()).isEqualTo(i % 2 == 0 ? "G" : "A");
      int full = i % 2 == 0 ? layer.outputs() : layer.augmentedInputs();
      assertThat(factor.size() + factor.dead()).isEqualTo(full);
      assertThat(factor.diagonal().smallestDiagonal())
          .isBetween(0.0, factor.diagonal().largestDiagonal());
      if (factor.size() > 0) {
        assertThat(factor.diagonal().trace() / factor.size())
            .isBetween(
                factor.diagonal().smallestDiagonal() * (1 - 1e-12),
                factor.diagonal().largestDiagonal());
        assertThat(factor.inversion().damping()).isPositive();
      }
      assertThat(factor.inversion().retries()).isZero();
    }
    assertThat(report.numerics().factors()).anyMatch(each -> each.inversion().condition() != null);
    assertThat(report.numerics().factors())
        .allMatch(
            each -> each.inversion().condition() == null || each.inversion().condition() >= 1);
    assertUpdates(report, structures, progress);
    PruningReport stored =
        Json.read(
                Files.readAllBytes(temp.resolve("out").resolve(PruningReport.FILE)),
                PruningReport.class)
            .orElseThrow();
    assertThat(stored.numerics().factors()).isEqualTo(report.numerics().factors());
    assertThat(stored.numerics().updates()).isEqualTo(report.numerics().updates());
  }

  private static void assertUpdates(
      PruningReport report, Map<String, Object> structures, RecordingProgress progress) {
    if (!structures.get("structures").equals("element")) {
      assertThat(report.numerics().updates()).isEmpty();
      return;
    }
    assertThat(report.numerics().updates()).hasSize(report.numerics().factors().size() / 2);
    assertThat(report.numerics().updates()).anyMatch(each -> each.steps() > 0);
    for (PruningReport.Update update : report.numerics().updates()) {
      // Conjugate gradients also end where further steps promise too little.
      ElementUpdate.Full rule = ElementUpdate.Full.DEFAULT;
      assertThat(update.converged() || update.residual() > rule.tolerance()).isTrue();
      assertThat(update.steps()).isLessThanOrEqualTo(2 * rule.mostSteps());
    }
    List<PruningReport.Update> stopped =
        report.numerics().updates().stream().filter(each -> !each.converged()).toList();
    assertThat(
            report.notes().warnings().stream()
                .filter(each -> each.contains("stopped before"))
                .count())
        .isEqualTo(stopped.stream().mapToInt(PruningReport.Update::shot).distinct().count());
    assertThat(progress.events().stream().filter(each -> each.contains("stopped before")).count())
        .isEqualTo(stopped.stream().mapToInt(PruningReport.Update::shot).distinct().count());
  }
}
