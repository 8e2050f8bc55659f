package org.llmsurgeon.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A report says what its run did, and what it could not do. */
class ReportBuilderTest {
  private static JavaSparkContext spark;

  @TempDir private Path temp;
  private final RecordingProgress progress = new RecordingProgress();

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private PruningReport prune(TestModel model, Map<String, ?> options) {
    return new SurgeonPipeline(spark, progress)
        .prune(model.request(temp.resolve("out"), Recipe.of(options)));
  }

  private List<String> notes(String part) {
    return progress.events().stream().filter(event -> event.contains(part)).toList();
  }

  /** Two of every four, where the layers that read ten neurons cannot have groups of four. */
  @Test
  void aRunThatEndsBelowItsTargetSaysSoInReportLogAndFolder() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruningReport report =
        prune(model, Map.of("structures", "2:4", "sparsity", 0.5, "shots", 2, "skip-unfit", true));

    long total = report.shots().get(1).removal().total();
    long fit =
        model.config().linears().stream()
            .filter(layer -> layer.inputs() % 4 == 0)
            .mapToLong(LinearShape::weights)
            .sum();
    assertThat(report.shots().get(1).removal().removed())
        .isEqualTo(fit / 2)
        .isLessThan(total / 2 - 2);
    String said = "%.2f %% of the weights are gone, not the 50.00 %%".formatted(50.0 * fit / total);
    assertThat(report.notes().warnings()).filteredOn(each -> each.startsWith(said)).hasSize(1);
    assertThat(notes("note " + said)).hasSize(1);
    assertThat(Files.readString(temp.resolve("out/pruning_report.json"))).contains(said);
    assertThat(Files.readString(temp.resolve("out/report.html"))).contains("not the 50.00");
  }

  @Test
  void aRunThatReachesItsTargetHasNoSuchWarning() throws Exception {
    PruningReport report =
        prune(
            TestModel.llama(temp, DataType.F32),
            Map.of("structures", "element", "sparsity", 0.3, "shots", 2));
    assertThat(report.notes().warnings()).noneMatch(each -> each.contains("asked for"));
    assertThat(notes("asked for")).isEmpty();
  }

  @Test
  void whatTheRunDidIsInTheReport() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe = Recipe.of(Map.of("structures", "row,column", "sparsity", 0.3, "shots", 2));
    PruningReport report =
        new SurgeonPipeline(spark, progress).prune(model.request(temp.resolve("out"), recipe));

    assertThat(ReportBuilder.identity(report).recipe()).isEqualTo(recipe);
    assertThat(report.setup().target().share()).isEqualTo(0.3);
    assertThat(report.setup().calibration().windows()).isEqualTo(12);
    assertThat(report.setup().test().tokens()).isEqualTo(10L * report.setup().test().windows());
    assertThat(report.shots()).extracting(ShotReport::shot).containsExactly(1, 2);
    ShotReport first = report.shots().get(0);
    ShotReport last = report.shots().get(1);
    assertThat(last.removal().target()).isEqualTo(0.3);
    assertThat(last.removal().sparsity())
        .isEqualTo((double) last.removal().removed() / last.removal().total());
    // What the first shot cost is what the second one found before it began.
    assertThat(first.loss().measuredNats()).isNotNull();
    assertThat(report.quality().perplexityF32()).isCloseTo(last.loss().perplexity(), within(1e-4));
    assertThat(report.layers()).hasSameSizeAs(model.config().linears());
    assertThat(report.layers().stream().mapToLong(layer -> layer.counts().removed()).sum())
        .isEqualTo(last.removal().removed());
    for (int i = 0; i < report.layers().size(); i++) {
      LinearShape layer = model.config().linears().get(i);
      PruningReport.Layer told = report.layers().get(i);
      assertThat(told.name()).isEqualTo(layer.name());
      long left =
          (long) (layer.outputs() - told.lines().rowsRemoved())
              * (layer.augmentedInputs() - told.lines().columnsRemoved());
      assertThat(told.counts().removed()).isEqualTo(layer.weights() - left);
    }
    assertThat(notes("note shot 2/2: "))
        .singleElement()
        .asString()
        .contains("removed, perplexity %.3f".formatted(report.quality().perplexityF32()));
  }

  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /** Every unit that went is counted, by its kind and its cost, and so is every line and weight. */
  @Test
  void costsAreCountedBesideTheThreshold() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruningReport units = prune(model, Map.of("sparsity", 0.4, "shots", 2));
    for (ShotReport shot : units.shots()) {
      assertThat(shot.choice().costs().keySet()).containsAll(shot.choice().units().keySet());
      shot.choice()
          .units()
          .forEach(
              (kind, went) -> {
                CostCounts counts = shot.choice().costs().get(kind);
                assertThat(sum(counts.removed()) + counts.free()).isEqualTo(went.removed());
              });
      assertThat(shot.choice().costs().values()).anyMatch(counts -> sum(counts.kept()) > 0);
    }

    long rows = model.config().linears().stream().mapToLong(LinearShape::outputs).sum();
    PruningReport lines =
        prune(Map.of("structures", "row", "sparsity", 0.3, "shots", 2), "rows", model);
    CostCounts first = lines.shots().get(0).choice().costs().get("row");
    CostCounts second = lines.shots().get(1).choice().costs().get("row");
    assertThat(sum(first.removed()) + first.free() + sum(first.kept())).isEqualTo(rows);
    assertThat(
            sum(second.kept())
                + lines.layers().stream().mapToInt(l -> l.lines().rowsRemoved()).sum())
        .isEqualTo(rows);
    // Nothing that stays costs less than a quarter of the threshold's bucket.
    int bucket = Math.getExponent(lines.shots().get(0).removal().threshold()) - first.first();
    assertThat(sum(first.kept().subList(0, bucket))).isZero();
    assertThat(sum(first.removed().subList(bucket + 1, first.removed().size()))).isZero();

    PruningReport weights =
        prune(Map.of("structures", "element", "sparsity", 0.3, "shots", 1), "weights", model);
    CostCounts counts = weights.shots().get(0).choice().costs().get("element");
    long total = weights.shots().get(0).removal().total();
    assertThat(sum(counts.removed()) + sum(counts.kept()) + counts.free()).isEqualTo(total);
    assertThat((double) sum(counts.removed()))
        .isCloseTo(weights.shots().get(0).removal().removed(), within(0.05 * total));
  }

  private PruningReport prune(Map<String, ?> options, String output, TestModel model) {
    return new SurgeonPipeline(spark, progress)
        .prune(model.request(temp.resolve(output), Recipe.of(options)));
  }

  /** What was gone before the run is counted as what went in it; other zeros stand apart. */
  @Test
  void theDenseModelIsCountedInTheSenseOfThePrunedOne() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> rows = Map.of("structures", "row", "sparsity", 0.2, "shots", 1);
    long lines = prune(rows, "rows", model).shots().get(0).removal().removed();
    long scattered =
        prune(Map.of("structures", "element", "sparsity", 0.3, "shots", 1), "weights", model)
            .shots()
            .get(0)
            .removal()
            .removed();
    PruningReport again = pruneAgain("rows", model, 0.4);
    assertThat(sumOf(again, PruningReport.Layer.Weights::removedBefore)).isEqualTo(lines);
    assertThat(sumOf(again, PruningReport.Layer.Weights::zerosBefore)).isEqualTo(lines);
    PruningReport other = pruneAgain("weights", model, 0.2);
    assertThat(sumOf(other, PruningReport.Layer.Weights::zerosBefore)).isEqualTo(scattered);
    assertThat(sumOf(other, PruningReport.Layer.Weights::removedBefore))
        .isLessThanOrEqualTo(other.shots().get(0).removal().removed())
        .isLessThan(scattered);
    assertThat(other.notes().warnings())
        .anyMatch(each -> each.contains("outside rows and columns"));
  }

  private static long sumOf(
      PruningReport report, ToLongFunction<PruningReport.Layer.Weights> count) {
    return report.layers().stream().map(PruningReport.Layer::counts).mapToLong(count).sum();
  }

  private PruningReport pruneAgain(String output, TestModel model, double sparsity) {
    return new SurgeonPipeline(spark, progress)
        .prune(
            new PruneRequest(
                temp.resolve(output).toString(),
                List.of(model.tokens().toString()),
                List.of(),
                temp.resolve(output + "-again").toString(),
                null,
                false,
                Recipe.of(Map.of("structures", "row", "sparsity", sparsity, "shots", 1))));
  }

  /** What is stored and multiplied falls by what is gone, and the folder as written agrees. */
  @Test
  void sizesAreThoseWithoutWhatIsGone() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruneRequest zeros = model.request(temp.resolve("small"), Recipe.of(Map.of("shots", 2)));
    PruningReport report =
        new SurgeonPipeline(spark, progress)
            .prune(
                new PruneRequest(
                    zeros.model(),
                    zeros.calibration(),
                    zeros.test(),
                    zeros.output(),
                    null,
                    false,
                    zeros.recipe(),
                    Route.PER_LAYER));
    ShotReport.Size last = report.shots().get(1).size();
    assertThat(last.parameters()).isEqualTo(report.export().after().parameters());
    assertThat(last.bytes()).isEqualTo(report.export().after().bytes());
    assertThat(last.multiplyAdds()).isEqualTo(report.export().after().multiplyAdds());
    ShotReport.Size first = report.shots().get(0).size();
    assertThat(first.parameters())
        .isGreaterThan(last.parameters())
        .isLessThan(report.export().before().parameters());
    assertThat(Files.readString(temp.resolve("small/report.csv")))
        .contains(",parameters,bytes,multiply_adds,", "," + last.multiplyAdds() + ",");
    PruningReport.Layer layer = report.layers().get(0);
    // Every column of the tables beside it is filled by a real run; a condition number is told
    // where a factor was inverted.
    String filled = "([^,]+,)";
    assertThat(Files.readAllLines(temp.resolve("small/report-layers.csv")))
        .hasSize(1 + report.layers().size())
        .allMatch(line -> line.matches(filled + "{13}" + "[^,]*,[^,]+,[^,]+,[^,]*,[^,]+,[^,]+"))
        .anyMatch(line -> line.matches("model.*" + filled + "{3}[^,]+,[^,]+"))
        .anyMatch(line -> line.startsWith(layer.name() + "," + layer.lines().rows() + ","));
    assertThat(Files.readAllLines(temp.resolve("small/report-factors.csv")))
        .hasSize(1 + report.numerics().factors().size())
        .allMatch(line -> line.matches(filled + "{8}[^,]*,[^,]+,[^,]+"));
    assertThat(Files.readAllLines(temp.resolve("small/report-stages.csv")))
        .hasSize(1 + report.resources().stages().size())
        .noneMatch(line -> line.contains(",,"))
        .anyMatch(line -> line.startsWith("accumulate,2,"));
  }
}
