package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
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
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.weights.MappedWeights;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The weights do not depend on where the work was done. */
class SameBytesTest {
  private static final Recipe RECIPE = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 5));

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "opt, row-column, single, kfac",
    "llama, row-column, single, activations",
    "llama, units, paths, kfac",
    "llama, units, rounds, kfac",
    "opt, units, single, kfac",
    "opt, row-column, single, identity"
  })
  void aRunOnSparkEqualsTheLoopInOneProcess(
      String architecture, String structures, String selection, String curvature) throws Exception {
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                structures.replace('-', ','),
                "selection",
                selection,
                "curvature",
                curvature,
                "sparsity",
                0.3,
                "shots",
                2));
    assertSparkEqualsLoop(architecture, recipe);
  }

  @ParameterizedTest
  @CsvSource({"llama, 2, false", "llama, 1, true", "opt, 2, true"})
  void aRunInWidthsOfHardwareEqualsTheLoopInOneProcess(
      String architecture, int parallel, boolean oneWidth) throws Exception {
    Recipe recipe =
        Recipe.of(
            Map.of(
                "preset",
                "hardware",
                "round-to",
                "neuron=2,head=2",
                "tensor-parallel",
                parallel,
                "one-width",
                oneWidth,
                "sparsity",
                0.5,
                "shots",
                2));
    assertSparkEqualsLoop(architecture, recipe);
  }

  private void assertSparkEqualsLoop(String architecture, Recipe recipe) throws Exception {
    TestModel model =
        architecture.equals("opt")
            ? TestModel.opt(temp, DataType.F32)
            : TestModel.llama(temp, DataType.F32);
    PruningReport report = prune(TestSpark.conf("local[3]"), model, "spark", recipe);

    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    int[][] calibration = windows(storage, model, "calibration");
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder pruned = ModelFolder.open(storage, temp.resolve("spark").toString());
        LocalSurgeon local =
            new LocalSurgeon(device, model.config(), new FolderWeights(dense), recipe)) {
      local.shoot(calibration);
      LocalSurgeon.Shot last = local.shoot(calibration);
      assertThat(report.shots().get(1).removal().removed()).isEqualTo(last.removal().removed());
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
      int[][] test = windows(storage, model, "test");
      assertThat(report.quality().perplexityF32())
          .isEqualTo(TestModel.perplexity(test, local::losses));
    }
  }

  private static int[][] windows(LocalStorage storage, TestModel model, String name) {
    return TokenWindows.read(storage, model.tokens().toString(), name).windows();
  }

  @Test
  void oneThreadAndThreeAndTwoProcessesWriteTheSame() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.BF16);
    prune(TestSpark.conf("local[1]"), model, "one");
    prune(TestSpark.conf("local[3]"), model, "three");
    prune(
        TestSpark.conf("local-cluster[2,1,1024]")
            .set("spark.executor.memory", "1g")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path")),
        model,
        "cluster");

    byte[] one = weights("one");
    assertThat(weights("three")).isEqualTo(one);
    assertThat(weights("cluster")).isEqualTo(one);
  }

  @ParameterizedTest
  @CsvSource({"units", "row-column", "element"})
  void neitherWhatIsKeptNorSumsInTasksNorMappedWeightsChangeTheBytes(String structures)
      throws Exception {
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                structures.replace('-', ','),
                "sparsity",
                0.3,
                "shots",
                2,
                "shards",
                5));
    TestModel model = TestModel.llama(temp, DataType.BF16);
    prune(TestSpark.conf("local[2]"), model, "plain", recipe);
    prune(TestSpark.conf("local[2]").set(KeptMemory.SETTING, "1k"), model, "spilled", recipe);
    prune(
        TestSpark.conf("local[2]")
            .set(KeptMemory.SETTING, "100k")
            .set(ReducePlace.SETTING, "executors")
            .set(MappedWeights.SETTING, "0"),
        model,
        "bounded",
        recipe);

    assertThat(weights("spilled")).isEqualTo(weights("plain"));
    assertThat(weights("bounded")).isEqualTo(weights("plain"));
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }

  private PruningReport prune(SparkConf conf, TestModel model, String output) {
    return prune(conf, model, output, RECIPE);
  }

  private PruningReport prune(SparkConf conf, TestModel model, String output, Recipe recipe) {
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      return new SurgeonPipeline(spark, Progress.silent())
          .prune(model.request(temp.resolve(output), recipe));
    }
  }
}
