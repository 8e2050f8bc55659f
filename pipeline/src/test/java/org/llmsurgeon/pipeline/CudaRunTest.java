package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cuda.driver.StandIn;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.GpuPolicy;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Local runs on a card, in whose place the library of {@link StandIn} is. */
class CudaRunTest {
  /** Passes in TF32 move weights by little; the structures that go are the same. */
  private static final double CLOSE = 5e-3;

  /**
   * Conjugate gradients stop where further steps promise less than a share of the cost, so a run
   * may do a step more than the other: weights differ by about the root of that share.
   */
  private static final double CLOSE_BY_STEPS = Math.sqrt(ElementUpdate.Full.DEFAULT.gain());

  private static StandIn.Control card;

  @TempDir Path temp;

  @BeforeAll
  static void build() {
    card = StandIn.use();
  }

  @AfterEach
  void mend() {
    card.standinFail("", 0);
  }

  @ParameterizedTest
  @CsvSource({"llama, row-column, single", "llama, units, paths", "opt, element, single"})
  void aCardPrunesWhatAProcessorPrunes(String architecture, String structures, String selection)
      throws Exception {
    TestModel model =
        architecture.equals("opt")
            ? TestModel.opt(temp, DataType.F32)
            : TestModel.llama(temp, DataType.F32);
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                structures.replace('-', ','),
                "selection",
                selection,
                "sparsity",
                0.3,
                "shots",
                2,
                "shards",
                3));
    PruningReport cpu = prune(model, recipe, "none", "cpu");
    long before = card.standinLaunches();
    PruningReport cuda = prune(model, recipe, "required", "cuda");
    assertThat(card.standinLaunches()).as("kernels launched").isGreaterThan(before + 100);
    assertThat(cpu.setup().versions().device()).isEqualTo("cpu");
    assertThat(cuda.setup().versions().device()).isEqualTo("cuda");
    assertThat(plannedTensors(cuda)).as("planned on a card").isLessThan(plannedTensors(cpu));
    assertThat(cuda.perplexity()).isCloseTo(cpu.perplexity(), withinPercentage(0.5));
    assertSameZeros(model, structures.equals("element") ? CLOSE_BY_STEPS : CLOSE);
    prune(model, recipe, "required", "again");
    assertThat(weights("again")).as("the same bytes again").isEqualTo(weights("cuda"));
  }

  /** Bytes of a process's own memory that tensors of a pass were expected to take. */
  private static long plannedTensors(PruningReport report) {
    return report.resources().stages().stream()
        .filter(stage -> stage.name().equals("accumulate"))
        .mapToLong(stage -> stage.planned().device())
        .sum();
  }

  @Test
  void withoutACardARunThatRequiresOneDoesNotStart() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    card.standinFail("cuDeviceGetCount", 100);
    assertThatThrownBy(() -> prune(model, ClusterDriver.RECIPE, "required", "out"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("GPUs are required, but cannot be used.")
        .hasMessageContaining("The CUDA driver finds no card");
    assertThat(temp.resolve("out")).doesNotExist();
  }

  @Test
  void aRunOfAProcessorIsNotContinuedOnACard() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    prune(model, ClusterDriver.RECIPE, "none", "out");
    assertThatThrownBy(() -> prune(model, ClusterDriver.RECIPE, "required", "out"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another arithmetic (cpu)");
  }

  @Test
  void aFailingCardEndsTheRunWithItsName() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    card.standinFail("cublasGemmEx", 13);
    assertThatThrownBy(() -> prune(model, ClusterDriver.RECIPE, "required", "out"))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("cublasGemmEx failed");
  }

  @Test
  void aDeviceThatIsNotThereIsRefusedBeforeTheRun() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    SparkConf conf = TestSpark.conf("local[1]").set(ExecutorDevice.SETTING, "abacus");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      assertThatThrownBy(
              () ->
                  new SurgeonPipeline(spark, Progress.silent())
                      .prune(model.request(temp.resolve("out"), ClusterDriver.RECIPE)))
          .isInstanceOf(InputException.class)
          .hasMessage("There is no device 'abacus'; choose one of cpu, cuda.");
    }
    assertThat(temp.resolve("out")).doesNotExist();
  }

  private PruningReport prune(TestModel model, Recipe recipe, String policy, String output) {
    SparkConf conf = TestSpark.conf("local[2]").set(GpuPolicy.SETTING, policy);
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      return new SurgeonPipeline(spark, Progress.silent())
          .prune(model.request(temp.resolve(output), recipe));
    }
  }

  /** The same elements are 0 on both, and the others close. */
  private void assertSameZeros(TestModel model, double close) throws Exception {
    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    try (ModelFolder one = ModelFolder.open(storage, temp.resolve("cpu").toString());
        ModelFolder other = ModelFolder.open(storage, temp.resolve("cuda").toString())) {
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = one.load(name, device);
            Tensor actual = other.load(name, device)) {
          double[] right = device.values(expected);
          double[] values = device.values(actual);
          for (int i = 0; i < right.length; i++) {
            assertThat(values[i] == 0).as("%s[%d] is 0", name, i).isEqualTo(right[i] == 0);
          }
          Tolerances.assertClose(name, values, right, close);
        }
      }
    }
  }

  private byte[] weights(String output) throws Exception {
    return Files.readAllBytes(temp.resolve(output).resolve("model.safetensors"));
  }
}
