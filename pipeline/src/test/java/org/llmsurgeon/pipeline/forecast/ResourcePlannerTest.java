package org.llmsurgeon.pipeline.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.Phase;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.forecast.size.Cards;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.PlannedFlops;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.recipe.Recipe;

class ResourcePlannerTest {
  private static final Machines.Rates RATES = new Machines.Rates(1e10, 5e9, 1e8);
  private static final Machines TWO = new Machines(1, 2, 8L << 30, RATES);

  @TempDir Path temp;

  private static ObjectNode json() {
    ObjectNode json = TinyModels.llamaJson();
    json.put("vocab_size", 101).put("hidden_size", 64).put("intermediate_size", 160);
    return json.put("head_dim", 16);
  }

  private static ModelConfig config() {
    return Architectures.parse(json(), "config.json");
  }

  private static Workload work(ModelConfig config) {
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 4));
    return new Workload(config, 4, recipe, 0.3, 12, 10, 10, 4);
  }

  @ParameterizedTest
  @CsvSource({
    "NVIDIA H100 80GB HBM3, h100",
    "NVIDIA A100-SXM4-80GB, a100-80gb",
    "NVIDIA L40S, l40s",
    "NVIDIA L4, l4",
    "NVIDIA GeForce RTX 4090, rtx-4090",
    "an unknown card, l4"
  })
  void aCardThatIsThereIsPlannedWithTheRatesOfItsKind(String description, String kind) {
    Cards.Kind seen = CardTable.seen(description, 123);
    Cards.Kind like = CardTable.of(kind);
    assertThat(seen)
        .isEqualTo(
            new Cards.Kind(description, 123, like.passes(), like.solves(), "the rates of " + kind));
  }

  @Test
  void theBytesAreThoseOfTheFilesOfARun() throws Exception {
    TestModel model = TestModel.write(temp, "wide", json(), DataType.F32);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 4));
    Path run = temp.resolve("run");
    Map<String, Long> sizes = new HashMap<>();
    try (JavaSparkContext spark = TestSpark.local(2)) {
      Progress measure =
          Phase.COMMIT.progress(
              () -> {
                for (String folder : List.of("shards", "factors", "weights")) {
                  sizes.put(folder, bytes(run.resolve("shot-0002").resolve(folder)));
                }
                sizes.put("all", bytes(run));
              });
      List<String> windows = List.of(model.tokens().toString());
      new SurgeonPipeline(spark, measure)
          .prune(
              new PruneRequest(
                  model.folder().toString(),
                  windows,
                  windows,
                  temp.resolve("out").toString(),
                  run.toString(),
                  false,
                  recipe));
    }

    ResourcePlan plan = ResourcePlanner.plan(work(model.config()), TWO);
    assertClose(plan.stage("accumulate").work().written(), sizes.get("shards"));
    assertClose(plan.stage("reduce").work().read(), sizes.get("shards"));
    assertClose(plan.stage("reduce").work().written(), sizes.get("factors"));
    assertClose(plan.stage("cut").work().written(), sizes.get("weights"));
    assertClose(plan.diskBytes(), sizes.get("all"));
    assertClose(
        plan.stage("write").work().written(), Files.size(temp.resolve("out/model.safetensors")));
  }

  /** Windows of images are pixels, however few tokens they become. */
  @Test
  void theBytesOfImagesAreThoseOfTheirPixels() throws Exception {
    try (ReferenceModel model = ReferenceModel.open("vit")) {
      int pixels = 7 * 7;
      Workload work =
          new Workload(model.config(), Float.BYTES, Recipe.of(Map.of()), 0.3, 64, 5, 32, 8);
      long written = ResourcePlanner.plan(work, TWO).stage("tokenise").work().written();
      assertThat(2 * written).isEqualTo((64 + 32) * Integer.BYTES * (pixels + 1));
    }
  }

  private static void assertClose(long planned, long measured) {
    assertThat(planned).isCloseTo(measured, withinPercentage(30));
  }

  private static long bytes(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void aModelOfAnySizeGoesThroughTheDataOnce() {
    ModelConfig config = config();
    Machines small = new Machines(1, 2, 1L << 20, RATES);
    ResourcePlan plan = ResourcePlanner.plan(work(config), small);
    ResourcePlan whole = ResourcePlanner.plan(work(config), TWO);

    assertThat(whole.passes()).isEqualTo(1);
    assertThat(plan.passes()).isEqualTo(1);
    assertThat(plan.stage("accumulate").tasks()).isEqualTo(4);
    // What is not kept is computed a second time: never more than one forward pass.
    double again =
        plan.stage("accumulate").work().flops() / whole.stage("accumulate").work().flops();
    assertThat(again).isBetween(1.1, 1.4);
    assertThat(plan.stage("accumulate").work().written())
        .isEqualTo(whole.stage("accumulate").work().written());
  }

  @Test
  void memoryForFewTasksMeansFewAtATimeAndNoMoreThanThere() {
    ModelConfig config = Architectures.parse(json().put("hidden_size", 512), "config.json");
    for (long memory : new long[] {600L << 20, 700L << 20, 1L << 30, 64L << 30}) {
      ResourcePlan plan = ResourcePlanner.plan(work(config), new Machines(1, 16, memory, RATES));
      StagePlan score = plan.stage("score");
      assertThat(score.atOnce()).isBetween(1, Math.min(16, score.tasks()));
      if (plan.shortest(memory).isEmpty()) {
        assertThat(plan.stages())
            .allSatisfy(stage -> assertThat(stage.memory().least()).isLessThanOrEqualTo(memory));
      } else {
        assertThat(score.atOnce()).isEqualTo(1);
      }
    }
    int few =
        ResourcePlanner.plan(work(config), new Machines(1, 16, 540L << 20, RATES))
            .stage("score")
            .atOnce();
    int many =
        ResourcePlanner.plan(work(config), new Machines(1, 16, 64L << 30, RATES))
            .stage("score")
            .atOnce();
    assertThat(few).isLessThan(many);
  }

  @Test
  void aProcessKeepsWhatTensorsOfStagesBeforeTook() {
    ModelConfig config = Architectures.parse(json().put("hidden_size", 1280), "config.json");
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 1, "shards", 2));
    Workload once = new Workload(config, 4, recipe, 0.3, 64, 512, 0, 2);
    ResourcePlan plan = ResourcePlanner.plan(once, TWO);
    StagePlan.Memory write = plan.stage("write").memory();

    assertThat(plan.stage("hash").memory().pooled()).as("nothing was before").isZero();
    long before = 0;
    for (String name : List.of("accumulate", "reduce", "score", "cut")) {
      StagePlan.Memory memory = plan.stage(name).memory();
      long all = memory.tensors() + memory.pooled();
      assertThat(all).as(name).isGreaterThanOrEqualTo(before);
      assertThat(all)
          .as(name)
          .isLessThanOrEqualTo(Math.max(before, memory.tensors() + (160L << 20)));
      assertThat(memory.least()).isEqualTo(memory.process() - memory.pooled() - memory.mapped());
      before = Math.max(before, memory.tensors());
    }
    assertThat(before).isGreaterThan(160L << 20);
    assertThat(write.tensors()).isZero();
    assertThat(write.pooled()).isEqualTo(before);
    assertThat(plan.executorBytes()).isGreaterThanOrEqualTo(write.process());

    Recipe more = Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "shards", 2));
    Workload twice = new Workload(config, 4, more, 0.3, 2, 16, 0, 2);
    StagePlan.Memory again = ResourcePlanner.plan(twice, TWO).stage("accumulate").memory();
    long most =
        ResourcePlanner.plan(twice, TWO).stages().stream()
            .mapToLong(stage -> stage.memory().tensors())
            .max()
            .orElseThrow();
    assertThat(again.tensors() + again.pooled()).as("the shot before").isGreaterThanOrEqualTo(most);
  }

  @Test
  void batchesGoOneAfterTheOtherWhereTheSumsOfAllBlocksFit() {
    Workload many = new Workload(config(), 4, Recipe.defaults(), 0.3, 4096, 32, 10, 2);
    ResourcePlan plan = ResourcePlanner.plan(many, new Machines(1, 2, 1L << 30, RATES));
    // All windows' activations would be far more than a sixth of the memory.
    assertThat(plan.stage("accumulate").memory().tensors()).isLessThan(1L << 29);
    ResourcePlan roomy = ResourcePlanner.plan(many, new Machines(1, 2, 1L << 40, RATES));
    assertThat(plan.stage("accumulate").work().flops())
        .isEqualTo(roomy.stage("accumulate").work().flops());
  }

  @Test
  void moreCoresTakeLessTimeUntilThereAreNoMoreTasks() {
    Workload work = new Workload(config(), 2, Recipe.defaults(), 0.5, 4096, 32, 64, 8);
    double one = ResourcePlanner.plan(work, machines(1)).stage("accumulate").seconds();
    double four = ResourcePlanner.plan(work, machines(4)).stage("accumulate").seconds();
    double eight = ResourcePlanner.plan(work, machines(8)).stage("accumulate").seconds();
    double hundred = ResourcePlanner.plan(work, machines(100)).stage("accumulate").seconds();
    assertThat(one / four).isBetween(2.0, 4.0);
    assertThat(hundred).isEqualTo(eight);
  }

  @Test
  void theFirstTimeOfAStageTakesLongerAndIsThereOnce() {
    double one = scoreSeconds(1);
    double three = scoreSeconds(3);
    assertThat(one).isGreaterThan(1);
    assertThat(three).isGreaterThan(one).isLessThan(1.5 * one);
  }

  /** Of all shots together, on machines that need no time for the work itself. */
  private static double scoreSeconds(int shots) {
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", shots, "shards", 4));
    Workload work = new Workload(config(), 4, recipe, 0.3, 12, 10, 10, 4);
    Machines fast = new Machines(1, 2, 8L << 30, new Machines.Rates(1e18, 1e18, 1e18));
    StagePlan score = ResourcePlanner.plan(work, fast).stage("score");
    return score.times() * score.seconds();
  }

  @Test
  void whatIsNotAProductTakesTimeToo() {
    Workload work = work(config());
    Machines slow = new Machines(1, 1, 8L << 30, new Machines.Rates(1e3, 1e3, 1e18));
    StagePlan stage = ResourcePlanner.plan(work, slow).stage("accumulate");
    assertThat(stage.seconds()).isGreaterThan(1.1 * stage.work().flops() / 1e3);
    PlannedFlops flops = new PlannedFlops(work.config());
    double softmax = work.config().blockCount() * work.config().heads() * 5.0;
    assertThat(flops.numbers(20) - flops.numbers(10)).isEqualTo(softmax);
  }

  private static Machines machines(int cores) {
    return new Machines(1, cores, 64L << 30, new Machines.Rates(1e9, 1e9, 1e12));
  }

  @Test
  void largeModelsArePlannedWithoutWeights() {
    ObjectNode llama70b = TinyModels.llamaJson();
    llama70b.put("vocab_size", 32000).put("hidden_size", 8192).put("intermediate_size", 28672);
    llama70b.put("num_hidden_layers", 80).put("num_attention_heads", 64).put("head_dim", 128);
    llama70b.put("num_key_value_heads", 8).put("tie_word_embeddings", false);
    llama70b.put("max_position_embeddings", 4096);
    ModelConfig config = Architectures.parse(llama70b, "config.json");
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.5, "shots", 40));
    Workload work = new Workload(config, 2, recipe, 0.5, 128, 2048, 100, 16);

    ResourcePlan plan =
        ResourcePlanner.plan(
            work, new Machines(8, 4, 512L << 30, new Machines.Rates(5e10, 2e10, 1e9)));

    assertThat(plan.parameters()).isEqualTo(68_976_648_192L);
    assertThat(plan.driverBytes()).isLessThan(1L << 30);
    assertThat(plan.stages()).allSatisfy(stage -> assertThat(stage.seconds()).isFinite());
    assertThat(plan.diskBytes()).isGreaterThan(4L << 40);
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new Machines(0, 1, 1, RATES)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Machines.Rates(0, 1, 1)).isInstanceOf(InputException.class);
  }

  @Test
  void theSpeedOfThisMachineIsMeasured() {
    Machines.Rates rates = MachineRates.measure();
    assertThat(rates.single()).isBetween(1e8, 1e13);
    assertThat(rates.inverse()).isBetween(1e7, 1e13);
    assertThat(rates.disk()).isBetween(1e5, 1e12);
  }
}
