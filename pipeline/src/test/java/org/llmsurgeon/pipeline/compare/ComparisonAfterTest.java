package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What is done with the models of a comparison after their cut. */
class ComparisonAfterTest {
  private static final Map<String, Object> UNITS =
      Map.of("structures", "units", "units", "neuron,head,group", "shards", 3, "shots", 1);

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

  private CompareRequest request(TestModel model, List<String> choices, CompareRequest.Runs runs) {
    List<String> tokens = List.of(model.tokens().toString());
    return new CompareRequest(
        model.folder().toString(),
        tokens,
        tokens,
        temp.resolve("compared").toString(),
        false,
        choices,
        runs);
  }

  @Test
  void aRecoveryStandsOnTheFactorsOfTheRunsWithoutOne() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = new HashMap<>(UNITS);
    options.put("recover-tokens", 100);
    options.put("recover-batch", 5);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("k-obd", "surgeon"),
            List.of(0.4),
            options,
            Map.of("recover", List.of("none", "distill", "cross-entropy")));
    RecordingProgress progress = new RecordingProgress();
    List<ComparedRun> runs =
        new SurgeonPipeline(spark, progress).compare(request(model, List.of(), wanted));

    assertThat(runs)
        .extracting(run -> run.way().after())
        .containsSubsequence("none", "recover-distill", "recover-cross-entropy");
    assertThat(progress.events()).filteredOn(event -> event.contains("accumulate")).hasSize(1);
    assertThat(runs.subList(1, 7))
        .extracting(run -> run.outcome().measuringSeconds())
        .containsOnly(runs.get(1).outcome().measuringSeconds());
    assertThat(runs.subList(0, 4))
        .extracting(run -> run.outcome().perplexity())
        .doesNotHaveDuplicates();
    options.putAll(Map.of("sparsity", 0.4, "recover", "distill"));
    PruningReport alone =
        pipeline().prune(model.request(temp.resolve("alone"), Recipe.of(options)));
    assertThat(runs.get(5).outcome().perplexity()).isEqualTo(alone.quality().perplexityF32());
  }

  @Test
  void trustRegionsAreRunsOfTheirOwnOnTheSameFactors() throws Exception {
    TestModel model = TestModel.loudOpt(temp, 3);
    Map<String, Object> options = Map.of("structures", "element", "shards", 3, "shots", 1);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("magnitude", "surgeon"),
            List.of(0.5),
            options,
            Map.of("trust-region", List.of("false", "true")));
    List<ComparedRun> runs = pipeline().compare(request(model, List.of(), wanted));

    assertThat(runs)
        .extracting(run -> run.way().method() + " " + run.way().threshold())
        .containsExactly("dense ", "magnitude global", "surgeon global", "surgeon global+trust");
    assertThat(runs.get(3).way().label()).contains("within trust regions");
    for (boolean trusts : new boolean[] {false, true}) {
      Map<String, Object> alone = new HashMap<>(options);
      alone.putAll(Map.of("sparsity", 0.5, "trust-region", trusts));
      Recipe recipe = Recipe.of(alone);
      PruningReport report = pipeline().prune(model.request(temp.resolve("t" + trusts), recipe));
      assertThat(runs.get(trusts ? 3 : 2).outcome().perplexity())
          .isEqualTo(report.quality().perplexityF32());
    }
    assertThat(runs.get(3).outcome().perplexity()).isNotEqualTo(runs.get(2).outcome().perplexity());
  }

  @Test
  void allModelsAreAskedTheSameQuestions() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    model.writeTokenizer();
    List<String> questions = List.of(questions("some.jsonl", 40));
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(List.of("flap", "surgeon"), List.of(0.4), UNITS);
    List<ComparedRun> runs = pipeline().compare(request(model, questions, wanted));

    assertThat(runs.get(0).outcome().choices())
        .isEqualTo(pipeline().choices(model.folder().toString(), questions));
    Map<String, Object> options = new HashMap<>(UNITS);
    options.put("sparsity", 0.4);
    Path pruned = temp.resolve("pruned");
    pipeline().prune(model.request(pruned, Recipe.of(options)));
    assertThat(runs.get(2).outcome().choices())
        .isEqualTo(pipeline().choices(pruned.toString(), questions));
    assertThat(runs.get(1).outcome().choices().questions()).isEqualTo(40);
    assertThat(Files.readAllLines(temp.resolve("compared/compare.csv")).get(0))
        .contains(",questions,accuracy,normalised_accuracy,");

    RecordingProgress same = new RecordingProgress();
    assertThat(new SurgeonPipeline(spark, same).compare(request(model, questions, wanted)))
        .isEqualTo(runs);
    assertThat(same.events()).noneMatch(event -> event.endsWith("begins"));
    List<String> others = List.of(questions("others.jsonl", 30));
    assertThat(pipeline().compare(request(model, others, wanted)))
        .allSatisfy(run -> assertThat(run.outcome().choices().questions()).isEqualTo(30));
    String broken = Files.writeString(temp.resolve("broken.jsonl"), "{}\n").toString();
    assertThatThrownBy(() -> pipeline().compare(request(model, List.of(broken), wanted)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("broken.jsonl");
  }

  private String questions(String name, int count) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      char first = (char) ('a' + i % 10);
      char second = (char) ('a' + i / 4);
      lines.append(
          String.format(
              "{\"context\": \"ab%sc\", \"choices\": [\"%s\", \"%s%s\"], \"answer\": %d}%n",
              first, second, second, first, i % 2));
    }
    return Files.writeString(temp.resolve(name), lines).toString();
  }
}
