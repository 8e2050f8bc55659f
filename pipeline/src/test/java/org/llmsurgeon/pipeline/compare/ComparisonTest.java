package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.curvature.FisherKind;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.FolderWeights;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.evaluate.Perplexity;
import org.llmsurgeon.surgery.local.LocalBaseline;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Methods side by side. */
class ComparisonTest {
  private static final List<String> ALL =
      List.of("magnitude", "wanda", "sparsegpt", "l-obd", "k-obd", "obs", "surgeon");
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

  private CompareRequest request(
      TestModel model, List<String> methods, List<Double> sparsities, Map<String, ?> options) {
    return request(model, new CompareRequest.Runs(methods, sparsities, options), false);
  }

  private CompareRequest request(TestModel model, CompareRequest.Runs runs, boolean overwrite) {
    List<String> tokens = List.of(model.tokens().toString());
    return new CompareRequest(
        model.folder().toString(), tokens, tokens, output().toString(), overwrite, runs);
  }

  private Path output() {
    return temp.resolve("compared");
  }

  /** Stops a comparison when its run of this number begins. */
  private static final class Stop extends RecordingProgress {
    private final String run;

    Stop(int run) {
      this.run = "run " + run + " ";
    }

    @Override
    public void note(String line) {
      super.note(line);
      if (line.startsWith(run) && line.endsWith("begins")) {
        throw new IllegalStateException("stopped");
      }
    }
  }

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
      Recipe recipe = Recipe.of(method.options(options, 0.5));
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
              .isCloseTo(Perplexity.of(local.losses(test)), within(1e-9));
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
              Perplexity.of(
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

  @Test
  void whatDoesNotGoWithAMethodsCurvatureIsLeftOut() {
    Map<String, Object> common =
        Map.of("structures", "element", "fisher", "sampled", "curvature-passes", 3);
    assertThat(Recipe.of(Method.MAGNITUDE.options(common, 0.5)))
        .isEqualTo(Recipe.of(Method.MAGNITUDE.options(Map.of("structures", "element"), 0.5)));
    assertThat(Recipe.of(Method.K_OBD.options(common, 0.5)).curvature().fisher().kind())
        .isEqualTo(FisherKind.SAMPLED);
    Map<String, Object> nearest = new LinkedHashMap<>(common);
    nearest.put("curvature", "nearest-kronecker");
    CurvatureRule rule = Recipe.of(Method.SURGEON.options(nearest, 0.5)).curvature();
    assertThat(rule.passes()).isEqualTo(3);
    assertThat(rule.fisher().kind()).isEqualTo(FisherKind.SAMPLED);
  }

  @Test
  void whatIsWrongForAllRunsIsRefusedBeforeAnythingRuns() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> elements = Map.of("structures", "element");
    refused(
        request(model, List.of("wanda"), List.of(0.5), Map.of("structures", "row")),
        "--structures element");
    Map<String, Object> units = Map.of("structures", "units", "curvature", "ekfac");
    refused(
        request(model, List.of("surgeon"), List.of(0.5), units),
        "--curvature ekfac has no joint costs");
    refused(request(model, List.of("guess"), List.of(0.5), Map.of()), "guess");
    refused(request(model, ALL, List.of(0.5, 1.5), elements), "--sparsity is 1.5");
    refused(
        request(model, ALL, List.of(0.5), Map.of("structures", "element", "include", "nothing")),
        "--include 'nothing' names none");
    CompareRequest.Runs misspelt =
        new CompareRequest.Runs(
            List.of("surgeon"),
            List.of(0.5),
            elements,
            Map.of("update", List.of("joint", "jiont")));
    refused(request(model, misspelt, false), "jiont");
    refused(
        new CompareRequest(
            model.folder().toString(),
            List.of("missing.txt"),
            List.of("missing.txt"),
            output().toString(),
            false,
            new CompareRequest.Runs(ALL, List.of(0.5), elements)),
        "missing.txt");
    assertThat(output()).doesNotExist();
  }

  private static void refused(CompareRequest request, String reason) {
    assertThatThrownBy(() -> pipeline().compare(request))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(reason);
  }

  /** Of a model that is half gone, the runs to less are refused and the others done. */
  @Test
  void aTargetThatThePrunedModelHasPassedIsRefused() throws Exception {
    TestModel dense = TestModel.llama(temp, DataType.F32);
    Map<String, Object> elements = Map.of("structures", "element", "shots", 1);
    Map<String, Object> half = new HashMap<>(elements);
    half.put("sparsity", 0.5);
    Path pruned = temp.resolve("pruned");
    pipeline().prune(dense.request(pruned, Recipe.of(half)));
    TestModel model = new TestModel(pruned, dense.tokens(), dense.config());

    refused(
        request(model, List.of("surgeon", "magnitude"), List.of(0.3), elements),
        "gone already, in the sense of --structures element, and --sparsity 0.3 asks for no more");
    List<ComparedRun> runs =
        pipeline().compare(request(model, List.of("surgeon"), List.of(0.3, 0.6), elements));
    assertThat(runs.get(1).failure().input()).isTrue();
    assertThat(runs.get(1).failure().reason()).contains("gone already");
    assertThat(runs.get(2).failure()).isNull();
    assertThat(runs.get(2).outcome().removed()).isBetween(0.55, 0.6);
  }

  @Test
  void aRunThatFailsSaysWhyAndTheOthersAreDone() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("sparsegpt", "surgeon"),
            List.of(0.3),
            Map.of("structures", "units", "shots", 1),
            Map.of("curvature", List.of("ekfac", "kfac")));
    List<ComparedRun> runs = pipeline().compare(request(model, wanted, false));

    assertThat(runs).hasSize(4);
    assertThat(runs.get(1).failure().reason()).contains("--structures element");
    assertThat(runs.get(2).failure().reason()).contains("ekfac has no joint costs");
    assertThat(runs.get(2).outcome().perplexity()).isNull();
    assertThat(runs.get(3).failure()).isNull();
    assertThat(runs.get(3).outcome().perplexity()).isFinite();
    assertThat(Files.readAllLines(output().resolve("compare.csv"))).hasSize(5);
    assertThat(Files.readString(output().resolve("compare.json"))).contains("ekfac has no joint");
  }

  @Test
  void runsThatAreDoneBeforeAStopAreKeptAndNotDoneAgain() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Map<String, Object> options = Map.of("structures", "element", "shots", 1);
    CompareRequest request =
        request(model, List.of("magnitude", "wanda", "k-obd"), List.of(0.5), options);
    assertThatThrownBy(() -> new SurgeonPipeline(spark, new Stop(3)).compare(request))
        .hasMessage("stopped");
    List<String> before = Files.readAllLines(output().resolve("compare.csv"));
    assertThat(before).hasSize(4);
    assertThat(before.get(2)).startsWith("magnitude,identity,none,0.5,1,global,none,");
    assertThat(output().resolve(".surgeon-compare")).doesNotExist();

    RecordingProgress progress = new RecordingProgress();
    List<ComparedRun> runs = new SurgeonPipeline(spark, progress).compare(request);
    assertThat(runs)
        .extracting(run -> run.way().method())
        .containsExactly("dense", "magnitude", "wanda", "k-obd");
    // What was done is there with its times
    assertThat(Files.readAllLines(output().resolve("compare.csv")))
        .startsWith(before.toArray(String[]::new));
    assertThat(progress.events())
        .contains("note 2 of 3 runs are done already and are taken over")
        .filteredOn(event -> event.endsWith("begins"))
        .hasSize(1);

    RecordingProgress again = new RecordingProgress();
    assertThat(new SurgeonPipeline(spark, again).compare(request)).isEqualTo(runs);
    assertThat(again.events()).noneMatch(event -> event.contains("begins"));
  }

  @Test
  void runsWithOtherInputsAreRefusedUnlessTheyMayBeOverwritten() throws Exception {
    TestModel llama = TestModel.llama(temp, DataType.F32);
    TestModel opt = TestModel.opt(temp, DataType.F32);
    CompareRequest.Runs wanted =
        new CompareRequest.Runs(
            List.of("magnitude"), List.of(0.5), Map.of("structures", "element", "shots", 1));
    List<ComparedRun> first = pipeline().compare(request(llama, wanted, false));
    refused(request(opt, wanted, false), "another model; give --overwrite");
    assertThat(pipeline().compare(request(llama, wanted, false))).isEqualTo(first);

    List<ComparedRun> other = pipeline().compare(request(opt, wanted, true));
    assertThat(other.get(1).outcome().perplexity())
        .isNotEqualTo(first.get(1).outcome().perplexity());
    // A text that is too short is found out late; nothing is lost by it
    String shorter = Files.writeString(temp.resolve("short.txt"), "a").toString();
    CompareRequest late =
        new CompareRequest(
            opt.folder().toString(),
            List.of(shorter),
            List.of(shorter),
            output().toString(),
            true,
            wanted);
    assertThatThrownBy(() -> pipeline().compare(late)).isInstanceOf(InputException.class);
    assertThat(pipeline().compare(request(opt, wanted, false))).isEqualTo(other);
    Files.delete(output().resolve("compare-runs/inputs.json"));
    refused(request(opt, wanted, false), "exists, without the runs that it is made of");
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
    Recipe recipe = Recipe.of(Method.MAGNITUDE.options(options, 0.5));
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

  private static List<ComparedRun> of(List<ComparedRun> runs, String method) {
    return runs.stream().filter(run -> run.way().method().equals(method)).toList();
  }
}
