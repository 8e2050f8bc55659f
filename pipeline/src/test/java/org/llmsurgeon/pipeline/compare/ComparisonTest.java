package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.pipeline.FolderWeights;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.local.LocalBaseline;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.SettingValues;

/** Methods side by side. */
class ComparisonTest extends ComparisonCase {
  @Test
  void everyRunIsWhatTheMethodGivesByItself() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = Map.of("structures", "element", "shots", 2);
    List<ComparedRun> runs = pipeline().compare(request(model, ALL, List.of(0.3, 0.5), options));

    assertThat(runs)
        .extracting(run -> run.way().method())
        .hasSize(15)
        .startsWith("dense", "magnitude", "wanda");
    for (ComparedRun run : runs.subList(1, runs.size())) {
      assertThat(run.outcome().removed())
          .isBetween(run.way().sparsity() - 0.1, run.way().sparsity());
      assertThat(run.outcome().perplexity()).isFinite().isPositive();
      assertThat(run.outcome().seconds()).isPositive();
      assertThat(run.outcome().peakBytes()).isPositive();
      // One measuring for all runs of a curvature, whichever comes first
      assertThat(run.outcome().measuringSeconds())
          .isEqualTo(measuring(runs, run.way().curvature()));
    }
    assertThat(measuring(runs, "identity")).isZero();
    assertThat(measuring(runs, "kfac")).isPositive();
    // What ran in between has left no trace
    for (Method method : List.of(Method.MAGNITUDE, Method.K_OBD, Method.SURGEON)) {
      Recipe recipe = Recipe.of(options(method, options));
      PruningReport alone =
          pipeline().prune(model.request(temp.resolve(method.optionName()), recipe));
      ComparedRun compared =
          runs.stream()
              .filter(
                  run ->
                      run.way().method().equals(method.optionName()) && run.way().sparsity() == 0.5)
              .findFirst()
              .orElseThrow();
      assertThat(compared.outcome().perplexity()).isEqualTo(alone.quality().perplexityF32());
    }
  }

  @Test
  void baselinesGoBlockByBlockOrOnTheDenseModelsInputs() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    List<String> methods = List.of("sparsegpt-dense", "sparsegpt", "wanda", "wanda-dense");
    Map<String, Object> options = Map.of("structures", "element", "shards", 2, "exclude", "k_proj");
    List<ComparedRun> runs = pipeline().compare(request(model, methods, List.of(0.5), options));

    Map<String, Double> perplexities = new HashMap<>();
    runs.forEach(run -> perplexities.put(run.way().method(), run.outcome().perplexity()));
    assertThat(perplexities.values()).doesNotHaveDuplicates();
    LocalStorage storage = new LocalStorage();
    int[][] calibration =
        TokenWindows.read(storage, model.tokens().toString(), "calibration").windows();
    int[][] test = TokenWindows.read(storage, model.tokens().toString(), "test").windows();
    Map<String, Object> all = new HashMap<>(options);
    all.put("sparsity", 0.5);
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString())) {
      for (boolean sparseGpt : new boolean[] {false, true}) {
        try (LocalBaseline local =
            new LocalBaseline(
                ExecutorDevice.shared(),
                model.config(),
                new FolderWeights(dense),
                Recipe.of(all))) {
          local.prune(sparseGpt, calibration);
          assertThat(perplexities.get(sparseGpt ? "sparsegpt" : "wanda"))
              .isCloseTo(TestModel.perplexity(test, local::losses), within(1e-9));
        }
      }
    }
  }

  private static double measuring(List<ComparedRun> runs, String curvature) {
    return runs.stream()
        .filter(run -> run.way().curvature().equals(curvature))
        .findFirst()
        .orElseThrow()
        .outcome()
        .measuringSeconds();
  }

  @Test
  void scoresOfUnitsAreRefusedWhereTheyHaveNoMeaning() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> elements = Map.of("structures", "element");
    for (String method : List.of("minitron", "taylor", "flap")) {
      refused(
          request(model, List.of(method), List.of(0.5), elements),
          method + " scores units; give --structures units");
    }
    refused(
        request(model, List.of("wanda"), List.of(0.5), Map.of("structures", "units")),
        "--units neuron,head,group");
  }

  @Test
  void severalShotsCurvaturesAndUpdatesAreRunsOfTheirOwn() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("l-obd", "surgeon"),
            List.of(0.3),
            Map.of("structures", "row,column", "shots", "1,2", "update", "joint,none"),
            Map.of(
                "shots", List.of("1", "2"),
                "curvature", List.of("kfac", "activations"),
                "update", List.of("joint", "none")));
    List<ComparedRun> runs = pipeline().compare(request(model, wanted, false));

    assertThat(runs)
        .extracting(run -> run.way().method() + " " + run.way().shots())
        .startsWith("dense 0", "l-obd 1", "l-obd 2", "surgeon 1", "surgeon 1")
        .hasSize(1 + 2 + 2 * 2 * 2);
    ComparedRun last = runs.get(9);
    assertThat(last.way().curvature()).isEqualTo("activations");
    assertThat(last.way().update()).isEqualTo("joint");
    assertThat(last.way().shots()).isEqualTo(2);
    Recipe recipe =
        Recipe.of(
            Map.of(
                "structures",
                "row,column",
                "sparsity",
                0.3,
                "shots",
                2,
                "curvature",
                "activations",
                "diagonal",
                false));
    PruningReport alone = pipeline().prune(model.request(temp.resolve("alone"), recipe));
    assertThat(last.outcome().perplexity()).isEqualTo(alone.quality().perplexityF32());
  }

  private static SettingValues options(Method method, Map<String, Object> common) {
    return method.options(SettingValues.of(common), 0.5);
  }

  @Test
  void whatDoesNotGoWithAMethodsCurvatureIsLeftOut() {
    Map<String, Object> common =
        Map.of("structures", "element", "fisher", "sampled", "curvature-passes", 3);
    assertThat(Recipe.of(options(Method.MAGNITUDE, common)))
        .isEqualTo(Recipe.of(options(Method.MAGNITUDE, Map.of("structures", "element"))));
    assertThat(Recipe.of(options(Method.K_OBD, common)).curvature().fisher().kind())
        .isEqualTo(FisherKind.SAMPLED);
    Map<String, Object> nearest = new LinkedHashMap<>(common);
    nearest.put("curvature", "nearest-kronecker");
    CurvatureRule rule = Recipe.of(options(Method.SURGEON, nearest)).curvature();
    assertThat(rule.passes()).isEqualTo(3);
    assertThat(rule.fisher().kind()).isEqualTo(FisherKind.SAMPLED);
  }

  @Test
  void layersThatMayNotBePrunedCountForNoMethod() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options =
        Map.of("structures", "element", "shots", 2, "include", "mlp", "schedule", "cubic");
    List<ComparedRun> runs =
        pipeline().compare(request(model, List.of("magnitude", "wanda"), List.of(0.5), options));
    for (ComparedRun run : runs.subList(1, 3)) {
      assertThat(run.outcome().removed()).isBetween(0.4, 0.5);
    }
    Recipe recipe = Recipe.of(options(Method.MAGNITUDE, options));
    PruningReport alone = pipeline().prune(model.request(temp.resolve("alone"), recipe));
    assertThat(runs.get(1).outcome().perplexity()).isEqualTo(alone.quality().perplexityF32());
  }

  @Test
  void memoryIsThatOfTheMethodWhereverItStands() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = Map.of("structures", "element", "shots", 1);
    List<String> order = List.of("surgeon", "magnitude", "k-obd");
    List<ComparedRun> runs =
        pipeline().compare(request(model, order, List.of(0.3, 0.5, 0.6), options));
    List<ComparedRun> magnitude = of(runs, "magnitude");
    List<ComparedRun> others = new ArrayList<>(of(runs, "surgeon"));
    others.addAll(of(runs, "k-obd"));
    assertThat(others).hasSize(6);
    for (ComparedRun each : others) {
      // Two tasks at once may meet in another way, no more
      assertThat(each.outcome().peakBytes())
          .isBetween(
              others.get(0).outcome().peakBytes() / 2, 2 * others.get(0).outcome().peakBytes());
      assertThat(each.outcome().peakBytes())
          .isGreaterThan(2 * magnitude.get(2).outcome().peakBytes());
    }
  }
}
