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
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.run.RecoveryRecord;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Recoveries on Spark: the same bytes as in one process, however they are run. */
class RecoveryRunTest {
  @TempDir Path temp;

  private static Recipe recipe(String structures, String recover, Map<String, ?> more) {
    Map<String, Object> options = new HashMap<>();
    options.put("structures", structures);
    options.put("sparsity", 0.3);
    options.put("shots", 2);
    options.put("shards", 3);
    if (!recover.equals("none")) {
      options.put("recover", recover);
      options.put("recover-tokens", 250);
      options.put("recover-batch", 5);
    }
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
  @CsvSource({
    "opt, row-column, distill, none, false,",
    "llama, element, cross-entropy, none, false, up_proj",
    "opt, element, distill, distill, true,"
  })
  void aRecoveredRunEqualsTheLoopInOneProcess(
      String architecture,
      String structures,
      String recover,
      String correct,
      boolean reconstruct,
      String exclude)
      throws Exception {
    TestModel model =
        architecture.equals("opt")
            ? TestModel.opt(temp, DataType.F32)
            : TestModel.llama(temp, DataType.F32);
    Map<String, Object> more = new HashMap<>();
    more.put("correct", correct);
    more.put("reconstruct", reconstruct);
    more.put("exclude", exclude);
    Recipe recipe = recipe(structures.replace('-', ','), recover, more);
    PruningReport report = prune(TestSpark.conf("local[3]"), model, "spark", recipe);
    LocalSurgeon.Shot local = LocalRun.assertSame(temp.resolve("spark"), model, recipe);

    assertThat(report.shots().get(0).after().recovery()).isNull();
    RecoveryRecord record = report.shots().get(1).after().recovery();
    assertThat(record.kind()).isEqualTo(recover);
    assertThat(record.training().steps()).isEqualTo(local.recovery().steps());
    assertThat(record.training().tokens()).isEqualTo(50L * record.training().steps());
    assertThat(record.training().bestStep()).isEqualTo(local.recovery().bestStep());
    assertThat(record.loss().heldOutBefore()).isEqualTo(local.recovery().heldOutBefore());
    assertThat(record.loss().heldOutAfter())
        .isEqualTo(local.recovery().heldOutAfter())
        .isLessThanOrEqualTo(record.loss().heldOutBefore());
    assertThat(record.training().bestStep() > 0)
        .as("what is corrected is hard to better")
        .isEqualTo(correct.equals("none"));
    assertThat(record.loss().firstLoss()).isEqualTo(local.recovery().firstLoss());
    assertThat(record.loss().lastLoss()).isEqualTo(local.recovery().lastLoss());
    assertThat(record.perplexityBefore()).isPositive();
  }

  @Test
  void whatIsGoneStaysGoneAndTheRestMoves() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, ?> some = Map.of("exclude", "up_proj");
    prune(TestSpark.conf("local[2]"), model, "cut", recipe("element", "none", some));
    prune(TestSpark.conf("local[2]"), model, "recovered", recipe("element", "cross-entropy", some));
    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    try (ModelFolder cut = ModelFolder.open(storage, temp.resolve("cut").toString());
        ModelFolder recovered = ModelFolder.open(storage, temp.resolve("recovered").toString())) {
      for (LinearShape layer : model.config().linears()) {
        try (Tensor before = cut.load(layer.weightName(), device);
            Tensor after = recovered.load(layer.weightName(), device)) {
          double[] was = device.values(before);
          double[] is = device.values(after);
          int kept = 0;
          int moved = 0;
          for (int i = 0; i < was.length; i++) {
            assertThat(is[i] == 0).as("%s %d", layer.name(), i).isEqualTo(was[i] == 0);
            kept += was[i] == 0 ? 0 : 1;
            moved += is[i] == was[i] ? 0 : 1;
          }
          if (layer.role() == LinearRole.UP) {
            assertThat(moved).as("a layer that may not be pruned").isZero();
          } else {
            assertThat(moved).as(layer.name()).isGreaterThan(kept / 2);
          }
        }
      }
    }
  }

  @Test
  void oneThreadAndThreeAndTwoProcessesWriteTheSameAlsoAfterAStop() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.BF16);
    Recipe recipe = recipe("units", "distill", Map.of("correct", "distill"));
    PruningReport report = prune(TestSpark.conf("local[1]"), model, "one", recipe);
    // Less than the five that the tokens are enough for, if the held-out loss does not fall.
    int steps = report.shots().get(1).after().recovery().training().steps();
    assertThat(steps).isGreaterThan(1);
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
      for (int stop = 1; stop <= steps; stop += 2) {
        PruneRequest request = model.request(temp.resolve("stopped-" + stop), recipe);
        PowerCut cut = new PowerCut("2 recover", stop);
        assertThatThrownBy(() -> new SurgeonPipeline(spark, cut).prune(request))
            .hasMessage("power cut");
        RecordingProgress progress = new RecordingProgress();
        new SurgeonPipeline(spark, progress).prune(request);
        assertThat(progress.events())
            .contains("stage 2 recover " + (5 - stop))
            .noneMatch(event -> event.startsWith("stage 2 c"));
        assertThat(weights("stopped-" + stop)).isEqualTo(one);
        assertThat(temp.resolve("stopped-" + stop + "/.surgeon-run")).doesNotExist();
      }
    }
  }
}
