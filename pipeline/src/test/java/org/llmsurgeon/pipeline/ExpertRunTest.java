package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.export.plan.BlockWidth;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.verify.PythonTransformers;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.compare.CompareRequest;
import org.llmsurgeon.pipeline.compare.ComparedRun;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Whole experts of a mixture that was trained, from folder to folder. */
@DisplayName("A mixture of experts")
class ExpertRunTest {
  private static final int EXPERTS = 8;
  private static final int TOKENS = 11;

  /** Weights of an expert, and of all linear layers: 2 blocks of 8 experts beside an attention. */
  private static final double EXPERT = 3 * 16 * 16;

  private static final double ALL = 2 * (EXPERTS * EXPERT + 4 * 16 * 16);

  private static JavaSparkContext spark;
  private static @TempDir Path shared;
  private static Path model;
  private static String calibration;
  private static String test;
  @TempDir Path temp;

  @BeforeAll
  static void start() throws Exception {
    spark = TestSpark.local(2);
    model = TrainedFolder.write(json(), sums(400, 1), 300, 0.01, shared.resolve("model"));
    calibration = shared.resolve("calibration.arrow").toString();
    test = shared.resolve("test.arrow").toString();
    new TokenWindows(sums(48, 2)).write(new LocalStorage(), calibration);
    new TokenWindows(sums(32, 3)).write(new LocalStorage(), test);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static ObjectNode json() {
    ObjectNode json = TinyModels.llamaJson();
    json.putArray("architectures").add("MixtralForCausalLM");
    json.put("model_type", "mixtral").put("hidden_size", 16).put("intermediate_size", 16);
    return json.put("num_local_experts", EXPERTS)
        .put("num_experts_per_tok", 2)
        .put("num_key_value_heads", 4);
  }

  /** Each number is the sum of the two before it, modulo their count; some are drawn. */
  private static int[][] sums(int count, long seed) {
    Random random = new Random(seed);
    int[][] windows = new int[count][16];
    for (int[] window : windows) {
      for (int t = 0; t < window.length; t++) {
        boolean drawn = t < 2 || random.nextInt(10) == 0;
        window[t] = drawn ? random.nextInt(TOKENS) : (window[t - 1] + window[t - 2]) % TOKENS;
      }
    }
    return windows;
  }

  private PruningReport prune(Route route, Map<String, Object> options) {
    return prune(calibration, route, options);
  }

  private PruningReport prune(String windows, Route route, Map<String, Object> options) {
    Map<String, Object> all = new HashMap<>(Map.of("structures", "units", "shots", 2));
    all.putAll(options);
    return new SurgeonPipeline(spark, Progress.silent())
        .prune(
            new PruneRequest(
                model.toString(),
                List.of(windows),
                List.of(test),
                temp.resolve("output").toString(),
                null,
                false,
                Recipe.of(all),
                route));
  }

  private static Map<String, Object> aQuarter() {
    // A little more than four experts, so that four go.
    return Map.of("units", "expert", "sparsity", 4.5 * EXPERT / ALL);
  }

  @Test
  void losesAQuarterOfItsExpertsWithTheirRowsOfTheRouter() throws Exception {
    PruningReport report = prune(Route.AUTO, aQuarter());
    tokensAreCounted(report);
    assertThat(report.quality().densePerplexity()).isLessThan(6);
    assertThat(report.perplexity()).isFinite().isLessThan(TOKENS);
    List<BlockWidth> widths = report.export().widths();
    int left = widths.stream().mapToInt(BlockWidth::experts).sum();
    assertThat(left).isEqualTo(2 * EXPERTS - 4);
    assertThat(report.sparsity()).isEqualTo(4 * EXPERT / ALL);
    assertThat(report.shots().get(1).choice().units().get("expert").removed()).isPositive();
    assertThat(report.export().verification().agreement().maxLogitDifference())
        .as("exported against masked")
        .isLessThan(report.export().verification().tolerance());
    try (ModelFolder folder =
        ModelFolder.open(new LocalStorage(), temp.resolve("output").toString())) {
      for (int block = 0; block < 2; block++) {
        String router = "model.layers." + block + ".block_sparse_moe.gate.weight";
        assertThat(folder.shape(router)[0]).isEqualTo(widths.get(block).experts());
      }
    }
    assertThat(report.export().after().multiplyAdds())
        .as("tokens go through as many experts as before")
        .isEqualTo(report.export().before().multiplyAdds());
    assertThat(report.shots().get(1).size().multiplyAdds())
        .isEqualTo(report.export().before().multiplyAdds());
    assertThat(
            new SurgeonPipeline(spark, Progress.silent())
                .evaluate(temp.resolve("output").toString(), List.of(test), null)
                .perplexity())
        .isEqualTo(report.perplexity());
  }

  /** Each token goes through two of them. */
  private static void tokensAreCounted(PruningReport report) {
    List<PruningReport.Expert> first =
        report.numerics().experts().stream().filter(each -> each.shot() == 1).toList();
    assertThat(first).hasSize(2 * EXPERTS);
    assertThat(first.stream().mapToLong(PruningReport.Expert::tokens).sum())
        .isEqualTo(2 * 2 * report.setup().calibration().tokens());
    Set<String> second = new HashSet<>();
    report.numerics().experts().stream()
        .filter(each -> each.shot() == 2)
        .forEach(each -> second.add(each.expert()));
    assertThat(second).hasSizeLessThan(2 * EXPERTS);
  }

  @Test
  void tellsOfExpertsThatFewTokensReach() {
    String two = temp.resolve("two.arrow").toString();
    new TokenWindows(sums(2, 4)).write(new LocalStorage(), two);
    PruningReport report = prune(two, Route.AUTO, aQuarter());
    assertThat(report.notes().warnings())
        .anyMatch(each -> each.matches("In shot 1 \\d+ of 16 experts got fewer calibration.*"));
  }

  /** Neurons go one by one; where the last of an expert goes, the expert does. */
  @Test
  void losesNeuronsUntilAnExpertIsEmpty() {
    PruningReport report = prune(Route.AUTO, Map.of("units", "neuron,expert", "sparsity", 0.7));
    assertThat(report.export().widths())
        .allSatisfy(width -> assertThat(width.experts()).isBetween(2, EXPERTS));
    assertThat(report.export().verification().agreement().maxLogitDifference())
        .isLessThan(report.export().verification().tolerance());
  }

  @Test
  void isComparedByWholeExperts() {
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("surgeon", "obs", "k-obd", "magnitude"),
            List.of(4.5 * EXPERT / ALL),
            Map.of("structures", "units", "units", "expert", "shots", 2));
    List<ComparedRun> runs =
        new SurgeonPipeline(spark, Progress.silent())
            .compare(
                new CompareRequest(
                    model.toString(),
                    List.of(calibration),
                    List.of(test),
                    temp.resolve("compared").toString(),
                    false,
                    wanted));
    double alone = prune(Route.AUTO, aQuarter()).quality().perplexityF32();
    assertThat(runs.get(1).outcome().perplexity()).as("as prune has it").isEqualTo(alone);
    for (ComparedRun run : runs.subList(1, 4)) {
      assertThat(run.failure()).as(run.way().method()).isNull();
      assertThat(run.outcome().removed()).isEqualTo(4 * EXPERT / ALL);
      assertThat(run.outcome().perplexity()).isLessThan(TOKENS);
    }
    assertThat(runs.get(4).failure().reason()).contains("score neurons, heads and groups; give");
  }

  @ParameterizedTest
  @CsvSource({
    "ZEROS, '--export zeros cannot say that blocks keep experts of their own number'",
    "UNIFORM, '--export uniform cannot say that blocks keep experts of their own number'"
  })
  void isRefusedInAFormThatCannotSayIt(Route route, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> prune(route, aQuarter()))
        .withMessageContaining(message);
  }

  @Test
  void keepsAsManyExpertsAsATokenGoesThrough() {
    double most = 2 * (EXPERTS - 2) * EXPERT / ALL;
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> prune(Route.AUTO, Map.of("units", "expert", "sparsity", most + 0.01)))
        .withMessageContaining("cannot be reached with --structures units");
    PruningReport report =
        prune(Route.AUTO, Map.of("units", "expert", "sparsity", most, "shots", 1));
    assertThat(report.export().widths()).extracting(BlockWidth::experts).containsExactly(2, 2);
  }

  /** As transformers 5 has them in memory; what stays is written expert by expert. */
  @Test
  void losesExpertsThatLieInOneTensorWithAllOthers() throws Exception {
    try (ReferenceModel merged = ReferenceModel.open("mixtral-merged")) {
      Path folder = ReferenceFolder.write(merged, temp.resolve("merged"), null);
      Path tokens = temp.resolve("tokens.arrow");
      new TokenWindows(TinyModels.windows(merged.config(), 16, 10, 1))
          .write(new LocalStorage(), tokens.toString());
      List<String> windows = List.of(tokens.toString());
      Recipe recipe = Recipe.of(Map.of("units", "expert", "sparsity", 0.2, "shots", 1));
      String output = temp.resolve("output").toString();
      PruneRequest request =
          new PruneRequest(
              folder.toString(), windows, windows, output, null, false, recipe, Route.PER_LAYER);
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      PruningReport report = pipeline.prune(request);
      assertThat(report.export().verification().agreement().maxLogitDifference())
          .isLessThan(report.export().verification().tolerance());
      assertThat(report.export().after().bytes()).isLessThan(report.export().before().bytes());
      assertThat(pipeline.evaluate(output, windows, null).perplexity())
          .isEqualTo(report.perplexity());
      try (ModelFolder written = ModelFolder.open(new LocalStorage(), output)) {
        assertThat(written.names())
            .anyMatch(each -> each.endsWith("experts.0.w1.weight"))
            .noneMatch(each -> each.endsWith("gate_up_proj"));
      }
    }
  }

  @Test
  @EnabledIfEnvironmentVariable(named = PythonTransformers.VARIABLE, matches = ".+")
  void loadsInTransformers() {
    PruningReport report = prune(Route.AUTO, aQuarter());
    assertThat(report.export().verification().transformers().maxLogitDifference())
        .isLessThan(report.export().verification().tolerance());
  }
}
