package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ShotReport;
import org.llmsurgeon.pipeline.run.CorrectionRecord;
import org.llmsurgeon.pipeline.run.ReconstructionRecord;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Corrections on Spark: the same bytes as in one process, however they are run. */
class CorrectionRunTest {
  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "opt, row-column, cross-entropy, true,",
    "llama, element, distill, false,",
    "llama, units, none, true,",
    "opt, element, distill, true, 'q_proj,layers.0.fc1'"
  })
  void aCorrectedRunEqualsTheLoopInOneProcess(
      String architecture, String structures, String correct, boolean reconstruct, String exclude)
      throws Exception {
    TestModel model =
        architecture.equals("opt")
            ? TestModel.opt(temp, DataType.F32)
            : TestModel.llama(temp, DataType.F32);
    Recipe recipe = recipe(structures.replace('-', ','), correct, reconstruct, exclude);
    PruningReport report = prune(TestSpark.conf("local[3]"), model, "spark", recipe);

    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    int[][] windows =
        TokenWindows.read(storage, model.tokens().toString(), "calibration").windows();
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder pruned = ModelFolder.open(storage, temp.resolve("spark").toString());
        LocalSurgeon local =
            new LocalSurgeon(device, model.config(), new FolderWeights(dense), recipe)) {
      for (int shot = 0; shot < 2; shot++) {
        LocalSurgeon.Shot done = local.shoot(windows);
        assertSame(report.shots().get(shot), done);
        assertThat(report.shots().get(shot).after().reconstruction() != null)
            .isEqualTo(reconstruct && shot == 1);
      }
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
    }
  }

  private static void assertSame(ShotReport shot, LocalSurgeon.Shot local) {
    assertThat(shot.removal().removed()).isEqualTo(local.removal().removed());
    CorrectionRecord correction = shot.after().correction();
    assertThat(correction == null).isEqualTo(local.correction() == null);
    if (correction != null) {
      assertThat(correction.steps()).isEqualTo(local.correction().steps());
      assertThat(correction.firstLoss()).isEqualTo(local.correction().firstLoss());
      assertThat(correction.lastLoss()).isEqualTo(local.correction().lastLoss());
      assertThat(correction.perplexityBefore()).isNotEqualTo(shot.loss().perplexity());
      assertThat(correction.seconds()).isPositive();
    }
    ReconstructionRecord refit = shot.after().reconstruction();
    assertThat(refit == null).isEqualTo(local.reconstruction() == null);
    if (refit != null) {
      assertThat(refit.kept()).isEqualTo(local.reconstruction().kept());
      assertThat(refit.calibrationLossBefore()).isEqualTo(local.reconstruction().lossBefore());
      assertThat(refit.calibrationLossAfter())
          .isEqualTo(local.reconstruction().lossAfter())
          .isLessThanOrEqualTo(refit.calibrationLossBefore());
      assertThat(refit.perplexityBefore()).isPositive();
    }
  }

  @Test
  void oneThreadAndThreeAndTwoProcessesWriteTheSameAlsoAfterAStop() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.BF16);
    Recipe recipe = recipe("row,column", "distill", true, null);
    prune(TestSpark.conf("local[1]"), model, "one", recipe);
    prune(
        TestSpark.conf("local-cluster[2,1,1024]")
            .set("spark.executor.memory", "1g")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path")),
        model,
        "cluster",
        recipe);
    byte[] one = weights("one");
    assertThat(weights("cluster")).isEqualTo(one);

    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf("local[3]"))) {
      PruneRequest request = model.request(temp.resolve("stopped"), recipe);
      assertThatThrownBy(
              () -> new SurgeonPipeline(spark, new PowerCut("2 correct", 3)).prune(request))
          .hasMessage("power cut");
      Path run = temp.resolve("stopped/.surgeon-run/shot-0002");
      assertThat(run.resolve("cut.json")).exists();
      assertThat(run.resolve("reconstructed.json")).exists();
      assertThat(run.resolve("manifest.json")).doesNotExist();
      RecordingProgress progress = new RecordingProgress();
      PruningReport report = new SurgeonPipeline(spark, progress).prune(request);
      assertThat(report.notes().resumedFromShot()).isEqualTo(1);
      assertThat(progress.events())
          .as("the cut is not done again")
          .noneMatch(event -> event.startsWith("stage 2 cut"))
          .noneMatch(event -> event.startsWith("stage 2 reconstruct"));
    }
    assertThat(weights("stopped")).isEqualTo(one);
    assertThat(temp.resolve("stopped/.surgeon-run")).doesNotExist();
  }

  /** A stop inside either correction, and between the first one and the next shot. */
  @ParameterizedTest
  @CsvSource({"1 correct, 9, 4", "2 accumulate, 1, 21", "2 merge, 1, 5"})
  void aStoppedCorrectionGoesOnWithTheStateThatWasKept(String stage, int tasks, int left)
      throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options =
        new HashMap<>(recipe("row,column", "distill", false, null).options());
    options.put("correct-share", 1.0);
    options.put("correct-epochs", 4);
    options.put("final-epochs", 7);
    Recipe recipe = Recipe.of(options);
    int shot = stage.charAt(0) - '0';
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf("local[3]"))) {
      PruneRequest request = model.request(temp.resolve("stopped"), recipe);
      PowerCut cut = new PowerCut(stage, tasks);
      assertThatThrownBy(() -> new SurgeonPipeline(spark, cut).prune(request))
          .hasMessage("power cut");
      RecordingProgress progress = new RecordingProgress();
      PruningReport report = new SurgeonPipeline(spark, progress).prune(request);
      assertThat(report.notes().resumedFromShot()).isEqualTo(shot - 1);
      assertThat(progress.events()).contains("stage " + shot + " correct " + left);
      assertSame(
          report.shots().get(1), LocalRun.assertSame(temp.resolve("stopped"), model, recipe));
    }
  }

  @Test
  void aStoppedReconstructionGoesOnAfterTheLastBlock() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe = recipe("element", "none", true, null);
    int blocks = model.config().blockCount();
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf("local[3]"))) {
      for (int stop = 1; stop <= blocks; stop++) {
        Path output = temp.resolve("stopped-" + stop);
        PruneRequest request = model.request(output, recipe);
        PowerCut cut = new PowerCut("2 reconstruct", stop);
        assertThatThrownBy(() -> new SurgeonPipeline(spark, cut).prune(request))
            .hasMessage("power cut");
        RecordingProgress progress = new RecordingProgress();
        new SurgeonPipeline(spark, progress).prune(request);
        assertThat(progress.events()).contains("stage 2 reconstruct " + (blocks - stop));
        LocalRun.assertSame(output, model, recipe);
      }
    }
  }

  private static Recipe recipe(
      String structures, String correct, boolean reconstruct, String exclude) {
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures);
    options.put("sparsity", 0.3);
    options.put("shots", 2);
    options.put("shards", 3);
    options.put("reconstruct", reconstruct);
    options.put("exclude", exclude);
    options.put("correct", correct);
    if (!correct.equals("none")) {
      options.put("correct-share", 0.5);
      options.put("rank", 3);
      options.put("final-epochs", 2);
    }
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
}
