package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs that remove units: stages, predictions, targets, roundings and adaptive shots. */
class UnitRunTest {
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

  private PruningReport prune(TestModel model, String output, Map<String, ?> options) {
    return prune(model.request(temp.resolve(output), Recipe.of(options)), Progress.silent());
  }

  private static PruningReport prune(PruneRequest request, Progress progress) {
    return new SurgeonPipeline(spark, progress).prune(request);
  }

  private static PruneRequest withoutTest(PruneRequest request) {
    return new PruneRequest(
        request.model(),
        request.calibration(),
        List.of(),
        request.output(),
        null,
        false,
        request.recipe());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.02, 0.3, 1})
  void aShotIsOneScoreAndOneCutStageWhateverTheStep(double step) throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    RecordingProgress progress = new RecordingProgress();
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "path-step", step));
    PruningReport report = prune(model.request(temp.resolve("o"), recipe), progress);

    for (ShotReport shot : report.shots()) {
      assertThat(stages(progress, shot.shot(), "score")).isEqualTo(1 + again(shot));
      assertThat(stages(progress, shot.shot(), "cut")).isEqualTo(1);
      assertThat(stages(progress, shot.shot(), "accumulate")).isEqualTo(1);
    }
    assertThat(report.shots().get(0).choice().pathsFollowedAgain()).isZero();
  }

  private static int again(ShotReport shot) {
    return shot.choice().pathsFollowedAgain() > 0 ? 1 : 0;
  }

  private static long stages(RecordingProgress progress, int shot, String name) {
    String start = "stage " + shot + " " + name + " ";
    return progress.events().stream().filter(event -> event.startsWith(start)).count();
  }

  @Test
  void aPathThatEndedTooEarlyIsFollowedAgainAndNothingElseChanges() throws Exception {
    TestModel model = TestModel.quietLlama(temp);
    RecordingProgress progress = new RecordingProgress();
    Recipe recipe = Recipe.of(Map.of("structures", "units", "sparsity", 0.35, "shots", 1));
    PruningReport report = prune(model.request(temp.resolve("o"), recipe), progress);
    assertThat(report.shots().get(0).choice().pathsFollowedAgain()).isBetween(1, 3);
    assertThat(stages(progress, 1, "score")).isEqualTo(2);
    assertThat(stages(progress, 1, "cut")).isEqualTo(1);
    requireWholePathsToGive(model, recipe, temp.resolve("o"));
  }

  @Test
  void ofManyGroupsAFewTellHowFarTheOthersAreFollowedAndNothingElseChanges() throws Exception {
    ObjectNode json = TinyModels.llamaJson().put("num_hidden_layers", 12);
    TestModel model = TestModel.write(temp, "deep", json, DataType.F32);
    RecordingProgress progress = new RecordingProgress();
    Recipe recipe = Recipe.of(Map.of("structures", "units", "sparsity", 0.35, "shots", 1));
    PruningReport report = prune(model.request(temp.resolve("o"), recipe), progress);
    assertThat(stages(progress, 1, "score")).isBetween(2L, 3L);
    assertThat(report.shots().get(0).choice().pathsFollowedAgain()).isBetween(0, 23);
    requireWholePathsToGive(model, recipe, temp.resolve("o"));
  }

  private static void requireWholePathsToGive(TestModel model, Recipe recipe, Path output)
      throws Exception {
    LocalStorage storage = new LocalStorage();
    Device device = ExecutorDevice.shared();
    int[][] calibration =
        TokenWindows.read(storage, model.tokens().toString(), "calibration").windows();
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder pruned = ModelFolder.open(storage, output.toString());
        LocalSurgeon local =
            new LocalSurgeon(device, model.config(), new FolderWeights(dense), recipe)) {
      local.shoot(calibration);
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
    }
  }

  @Test
  void roundsAreAStageEach() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    RecordingProgress progress = new RecordingProgress();
    Recipe recipe =
        Recipe.of(Map.of("sparsity", 0.3, "shots", 1, "selection", "rounds", "rounds", 3));
    PruningReport report = prune(model.request(temp.resolve("o"), recipe), progress);
    assertThat(stages(progress, 1, "score")).isEqualTo(3);
    assertThat(report.sparsity()).isBetween(0.25, 0.3);
    assertThat(report.shots().get(0).loss().predictedNats()).isPositive();
  }

  @Test
  void lossesAreMeasuredOnTheTestTextAndPredictedForEachKind() throws Exception {
    PruningReport report =
        prune(TestModel.llama(temp, DataType.F32), "o", Map.of("sparsity", 0.4, "shots", 3));
    double before = report.quality().densePerplexity();
    for (ShotReport shot : report.shots()) {
      // The last perplexity is of the folder, here in the same format.
      assertThat(shot.loss().measuredNats())
          .isCloseTo(Math.log(shot.loss().perplexity()) - Math.log(before), within(1e-12));
      before = shot.loss().perplexity();
      double sum =
          shot.choice().units().values().stream()
              .mapToDouble(ShotReport.UnitShare::predictedNats)
              .sum();
      assertThat(shot.loss().predictedNats())
          .isNotNegative()
          .isCloseTo(sum, within(1e-12 * (1 + sum)));
      assertThat(shot.removal().threshold()).isPositive();
    }
    assertThat(report.notes().warnings())
        .hasSize((int) report.shots().stream().filter(each -> each.warning().isPresent()).count());
  }

  @Test
  void withoutTestTextTheyAreMeasuredOnTheNextShotsCalibration() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.4, "shots", 3));
    PruningReport report =
        prune(withoutTest(model.request(temp.resolve("o"), recipe)), Progress.silent());
    assertThat(report.shots().get(0).loss().measuredNats()).isNotNull().isFinite();
    assertThat(report.shots().get(1).loss().measuredNats()).isNotNull().isFinite();
    assertThat(report.shots().get(2).loss().measuredNats()).isNull();
  }

  @Test
  void rowsAndColumnsArePredictedTogether() throws Exception {
    PruningReport report =
        prune(
            TestModel.llama(temp, DataType.F32),
            "o",
            Map.of("structures", "row,column", "sparsity", 0.2, "shots", 1));
    assertThat(report.shots().get(0).loss().predictedNats()).isPositive();
    assertThat(report.shots().get(0).choice().units()).isEmpty();
    assertThat(report.notes().warnings()).isEmpty();
  }

  @Test
  void aTargetInParametersIsReached() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.BF16);
    PruningReport report =
        prune(model, "o", Map.of("sparsity", 0.2, "shots", 1, "target-of", "parameters"));
    long parameters =
        new SurgeonPipeline(spark, Progress.silent())
            .inspect(model.folder().toString())
            .counts()
            .parameters();
    assertThat(report.setup().target().of()).isEqualTo("parameters");
    assertThat(report.setup().target().share()).isEqualTo(0.2);
    assertThat(report.setup().target().shareOfWeights() * report.shots().get(0).removal().total())
        .isCloseTo(0.2 * parameters, within(1e-6));
    assertThat(report.shots().get(0).removal().removed())
        .isLessThanOrEqualTo((long) (0.2 * parameters))
        .isGreaterThan((long) (0.15 * parameters));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void neuronsLeftAreAMultipleWhereverSomeWent(int multiple) throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    PruningReport report =
        prune(
            model,
            "o",
            Map.of("preset", "hardware", "round-to", multiple, "sparsity", 0.4, "shots", 2));
    for (PruningReport.Layer layer : report.layers()) {
      if (layer.name().endsWith("down_proj") && layer.lines().columnsRemoved() > 0) {
        assertThat(layer.lines().columnsLeft() % multiple).as(layer.name()).isZero();
      }
    }
    assertThat(report.layers())
        .anyMatch(each -> each.name().endsWith("down_proj") && each.lines().columnsRemoved() > 0);
    assertThat(report.sparsity()).isPositive().isLessThanOrEqualTo(0.4);
    assertThat(report.shots())
        .allSatisfy(shot -> assertThat(shot.choice().constraints()).containsOnlyKeys("round-to"));
  }

  @Test
  void eachConstraintOnWidthsSaysWhatItCosts() throws Exception {
    PruningReport report =
        prune(
            TestModel.llama(temp, DataType.F32),
            "o",
            Map.of(
                "preset",
                "hardware",
                "round-to",
                "neuron=4,head=2",
                "tensor-parallel",
                2,
                "one-width",
                true,
                "sparsity",
                0.4,
                "shots",
                2));
    for (ShotReport shot : report.shots()) {
      assertThat(shot.choice().constraints())
          .containsOnlyKeys("round-to", "tensor-parallel", "one-width");
      for (ShotReport.Constraint each : shot.choice().constraints().values()) {
        assertThat(each.addedNats() + each.predictedNatsWithout())
            .isCloseTo(shot.loss().predictedNats(), within(1e-12));
        assertThat(each.removedWithout())
            .isLessThanOrEqualTo((long) (shot.removal().target() * shot.removal().total()));
      }
    }
    List<Integer> neurons =
        report.layers().stream()
            .filter(each -> each.name().endsWith("down_proj"))
            .map(layer -> layer.lines().columnsLeft())
            .distinct()
            .toList();
    assertThat(neurons).hasSize(1);
    assertThat(neurons.get(0) % 4).isZero();
  }

  @Test
  void widthsThatTheSparsityCannotReachAreRefusedBeforeAnythingRuns() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe =
        Recipe.of(Map.of("preset", "hardware", "tensor-parallel", 4, "sparsity", 0.3, "shots", 1));
    RecordingProgress progress = new RecordingProgress();
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> prune(model.request(temp.resolve("o"), recipe), progress))
        .isInstanceOf(org.llmsurgeon.InputException.class)
        .hasMessageContaining("--tensor-parallel 4 cannot split block 0 attention");
    assertThat(stages(progress, 1, "accumulate")).isZero();
    assertThat(temp.resolve("o/.surgeon-run")).doesNotExist();
    assertThat(temp.resolve("o/config.json")).doesNotExist();
  }

  @Test
  void adaptiveShotsReachTheGoalWithinTheMostAndTheSameWithoutTestText() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.4, "shots", "auto", "max-shots", 8));
    PruningReport report = prune(model.request(temp.resolve("o"), recipe), Progress.silent());
    List<Double> targets = targets(report);
    assertThat(report.shots()).hasSizeBetween(2, 8);
    assertThat(targets.get(0)).isCloseTo(0.2, within(1e-12));
    assertThat(targets.get(targets.size() - 1)).isEqualTo(0.4);

    PruneRequest untested = withoutTest(model.request(temp.resolve("untested"), recipe));
    assertThat(targets(prune(untested, Progress.silent()))).isEqualTo(targets);
    assertThat(Files.readAllBytes(temp.resolve("untested/model.safetensors")))
        .isEqualTo(Files.readAllBytes(temp.resolve("o/model.safetensors")));
  }

  @Test
  void adaptiveShotsGoOnAfterAStop() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.5, "shots", "auto", "max-shots", 12));
    PruningReport whole = prune(model.request(temp.resolve("whole"), recipe), Progress.silent());
    PruneRequest request = model.request(temp.resolve("parts"), recipe);
    RecordingProgress stopping =
        new RecordingProgress() {
          @Override
          public void note(String line) {
            if (line.startsWith("shot 2/")) {
              throw new IllegalStateException("stopped");
            }
          }
        };
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> prune(request, stopping))
        .isInstanceOf(IllegalStateException.class);
    PruningReport parts = prune(request, Progress.silent());
    assertThat(parts.notes().resumedFromShot()).isEqualTo(2);
    assertThat(targets(parts)).isEqualTo(targets(whole));
    assertThat(Files.readAllBytes(temp.resolve("parts/model.safetensors")))
        .isEqualTo(Files.readAllBytes(temp.resolve("whole/model.safetensors")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"row,column", "element"})
  void adaptiveShotsAreForWhateverGoes(String structures) throws Exception {
    PruningReport report =
        prune(
            TestModel.llama(temp, DataType.F32),
            "o",
            Map.of("structures", structures, "sparsity", 0.3, "shots", "auto", "max-shots", 12));
    assertThat(report.shots()).hasSizeBetween(2, 12);
    assertThat(report.shots())
        .allSatisfy(shot -> assertThat(shot.loss().predictedNats()).isPositive());
    assertThat(report.sparsity()).isBetween(0.25, 0.3);
  }

  private static List<Double> targets(PruningReport report) {
    return report.shots().stream().map(shot -> shot.removal().target()).toList();
  }

  @Test
  void everyPresetRuns() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    for (String preset : List.of("paper", "best", "loadable", "hardware")) {
      Map<String, Object> options = new HashMap<>();
      options.put("preset", preset);
      options.put("sparsity", 0.3);
      options.put("shots", 1);
      if (preset.equals("hardware")) {
        options.put("round-to", 2);
      }
      assertThat(prune(model, preset, options).sparsity())
          .as(preset)
          .isPositive()
          .isLessThanOrEqualTo(0.3);
    }
  }
}
