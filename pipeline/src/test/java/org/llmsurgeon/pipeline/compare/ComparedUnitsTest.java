package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.FolderWeights;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Scores of units side by side. */
class ComparedUnitsTest extends ComparisonCase {
  private static final List<String> OF_UNITS =
      List.of(
          "magnitude", "wanda", "minitron", "taylor", "flap", "k-obd", "obs", "k-obs", "surgeon");

  private static final Map<String, Object> UNITS =
      Map.of("structures", "units", "units", "neuron,head,group", "shards", 3, "shots", 1);

  @Test
  void scoresOfUnitsAreComparedOnTheSameShapes() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            OF_UNITS, List.of(0.4), UNITS, Map.of("threshold", List.of("global", "layer")));
    List<ComparedRun> runs = pipeline().compare(request(model, wanted, false));

    assertThat(runs).hasSize(1 + 2 * OF_UNITS.size());
    Map<String, Double> global = new HashMap<>();
    for (ComparedRun run : runs.subList(1, runs.size())) {
      assertThat(run.failure()).as(run.way().label()).isNull();
      assertThat(run.outcome().removed()).as(run.way().label()).isBetween(0.1, 0.4);
      assertThat(run.way().after()).isEqualTo("none");
      if (run.way().threshold().equals("global")) {
        global.put(run.way().method(), run.outcome().perplexity());
      }
    }
    assertThat(global).hasSize(OF_UNITS.size());
    assertThat(new HashSet<>(global.values())).hasSizeGreaterThan(5);
    assertThat(of(runs, "taylor").get(0).way().curvature()).isEqualTo("gradients");
    assertThat(of(runs, "flap").get(0).way().update()).isEqualTo("bias");
    assertThat(of(runs, "magnitude").get(0).outcome().measuringSeconds()).isZero();
    assertThat(of(runs, "minitron").get(0).outcome().measuringSeconds()).isPositive();
    assertScoreByHand(model, UnitBaseline.TAYLOR, global.get("taylor"));
    assertScoreByHand(model, UnitBaseline.FLAP, global.get("flap"));
  }

  /** A score in this process, without Spark and stages, on a model that may have biases. */
  private static void assertScoreByHand(TestModel model, UnitBaseline baseline, double expected)
      throws Exception {
    LocalStorage storage = new LocalStorage();
    int[][] calibration =
        TokenWindows.read(storage, model.tokens().toString(), "calibration").windows();
    int[][] test = TokenWindows.read(storage, model.tokens().toString(), "test").windows();
    Map<String, Object> all = new HashMap<>(UNITS);
    all.putAll(Map.of("sparsity", 0.4, "curvature", "identity", "diagonal", true));
    try (ModelFolder folder = ModelFolder.open(storage, model.folder().toString())) {
      WeightSource dense = new FolderWeights(folder);
      ModelConfig biased =
          Architectures.parse(
              TinyModels.llamaJson().put("attention_bias", true).put("mlp_bias", true),
              "config.json");
      assertThat(
              Objective.NEXT_TOKEN.score(
                  new LocalUnitBaseline(ExecutorDevice.shared(), model.config(), biased, dense)
                      .losses(Recipe.of(all), baseline, calibration, test)))
          .isCloseTo(expected, within(1e-6 * expected));
    }
  }

  @Test
  void whatFollowsACutIsARunOfItsOwnAndKnowsNothingOfTheOthers() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    Map<String, Object> options = new HashMap<>(UNITS);
    options.put("final-epochs", 1);
    options.put("correct-rate", 1e-3);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("flap", "magnitude", "surgeon"),
            List.of(0.4),
            options,
            Map.of("reconstruct", List.of("false", "true"), "correct", List.of("none", "distill")));
    List<ComparedRun> runs = pipeline().compare(request(model, wanted, false));

    assertThat(runs)
        .extracting(run -> run.way().after())
        .startsWith("", "none", "distill", "reconstruct", "reconstruct+distill", "none");
    assertThat(runs).hasSize(13).extracting(ComparedRun::failure).containsOnlyNulls();
    Map<String, Object> alone = new HashMap<>(UNITS);
    alone.putAll(Map.of("sparsity", 0.4, "reconstruct", true, "correct", "distill"));
    alone.putAll(Map.of("final-epochs", 1, "correct-rate", 1e-3));
    PruningReport pruned = pipeline().prune(model.request(temp.resolve("alone"), Recipe.of(alone)));
    assertThat(runs.get(12).outcome().perplexity()).isEqualTo(pruned.quality().perplexityF32());
    // The same alone, in another order of runs
    CompareRequest.Runs one =
        new CompareRequest.Runs(
            List.of("magnitude"),
            List.of(0.4),
            options,
            Map.of("reconstruct", List.of("true"), "correct", List.of("none")));
    List<ComparedRun> single = pipeline().compare(request(model, one, true));
    assertThat(single.get(1).outcome().perplexity()).isEqualTo(runs.get(7).outcome().perplexity());
  }
}
