package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.pruning.SparseStructures;
import org.llmsurgeon.pruning.UpdateKind;
import org.llmsurgeon.surgery.BaselineLayer;
import org.llmsurgeon.surgery.CurvatureRule;
import org.llmsurgeon.surgery.Recipe;
import org.llmsurgeon.surgery.TargetQuantity;

/**
 * Runs several methods at several sparsities on the same windows. The dense model is measured once
 * for each curvature: what a run wrote is deleted before the next one, its first factors stay.
 */
final class Comparison {
  /** What a shot leaves after its selection, besides its manifest. */
  private static final List<String> AFTER_SELECTION =
      List.of(
          "weights",
          "cut.json",
          "evaluation-cut.json",
          "reconstructed",
          "reconstructed.json",
          "evaluation-reconstructed.json",
          "corrected");

  private final Session session;
  private final CompareRequest request;
  private final List<Method> methods;
  private final List<Variant> variants;
  private final String folder;
  private final Map<CurvatureRule, RunDirectory> runs = new LinkedHashMap<>();
  private final Map<CurvatureRule, RunPlan> plans = new LinkedHashMap<>();

  /**
   * @param session the operation
   * @param request what to compare
   * @throws InputException if a method or an option is unknown, or they do not go together
   */
  Comparison(Session session, CompareRequest request) {
    this.session = session;
    this.request = request;
    this.methods = request.methods().stream().map(Method::parse).toList();
    this.folder = session.storage().absolute(request.model());
    this.variants =
        request.sparsities().stream()
            .flatMap(each -> methods.stream().flatMap(method -> variants(method, each).stream()))
            .toList();
    variants.forEach(each -> check(each.method(), each.recipe()));
  }

  /** A method with one value of each option. */
  private record Variant(Method method, Recipe recipe) {
    String update() {
      if (method.layerByLayer()) {
        return method == Method.SPARSEGPT ? "own" : UpdateKind.NONE.optionName();
      }
      boolean elements = recipe.structures() instanceof SparseStructures;
      return elements && recipe.appliedUpdate() != UpdateKind.NONE
          ? String.valueOf(recipe.options().get("element-update"))
          : recipe.appliedUpdate().optionName();
    }
  }

  /** Every combination of the values that are to be compared. */
  private List<Variant> variants(Method method, double sparsity) {
    List<Map<String, Object>> all = new ArrayList<>();
    all.add(new LinkedHashMap<>(request.options()));
    for (String option : List.of("shots", "curvature", "update")) {
      List<String> values = request.variants().getOrDefault(option, List.of());
      if (method.varies(option) && !values.isEmpty()) {
        all =
            all.stream().flatMap(each -> values.stream().map(v -> with(each, option, v))).toList();
      }
    }
    return all.stream()
        .map(each -> new Variant(method, Recipe.of(method.options(each, sparsity))))
        .toList();
  }

  private static Map<String, Object> with(Map<String, Object> all, String option, String value) {
    Map<String, Object> more = new LinkedHashMap<>(all);
    more.put(option, value);
    return more;
  }

  private static void check(Method method, Recipe recipe) {
    if (recipe.pace().adaptive() || recipe.goal().of() != TargetQuantity.WEIGHTS) {
      throw new InputException("compare takes a number of --shots and shares of the weights only.");
    }
    if (method.layerByLayer()) {
      BaselineLayer.sparsity(recipe);
    } else {
      recipe.requirePrunable();
    }
  }

  /**
   * All runs, sparsity by sparsity, the methods and values in the order in which they were named.
   */
  List<ComparedRun> run() {
    List<ComparedRun> done = new ArrayList<>();
    try (ModelWeights dense = ModelWeights.open(session.storage(), session.model(folder))) {
      for (Variant variant : variants) {
        done.add(run(dense, variant));
      }
      return done;
    } finally {
      runs.values().forEach(RunDirectory::delete);
    }
  }

  private ComparedRun run(ModelWeights dense, Variant variant) {
    Method method = variant.method();
    Recipe recipe = variant.recipe();
    RunDirectory run =
        runs.computeIfAbsent(recipe.curvature(), rule -> ScratchDirectory.near(session, folder));
    RunPlan plan = plan(dense, run, recipe);
    // Models are known by the operation: the last run's must not be taken for this one's.
    Session own = Session.begin(session.spark(), session.progress());
    PeakMemory.forget();
    clear(run, plan.shots());
    ShotContext first = ShotContext.of(own, run, plan, dense.config(), 1);
    long begun = System.nanoTime();
    new FactorStage(first).factors();
    double measured = seconds(begun);
    begun = System.nanoTime();
    int shots = prune(first, method);
    double seconds = seconds(begun);
    Long peak = PeakMemory.bytes();
    ShotManifest last = run.required(RunDirectory.manifest(shots), ShotManifest.class);
    double perplexity =
        new Evaluator(own, run, plan.test())
            .evaluate(StageName.of("evaluate"), own.model(folder, run, shots))
            .perplexity();
    double removed = (double) last.removed() / last.total();
    return noted(
        new ComparedRun(
            method.optionName(),
            recipe.curvature().kind().optionName(),
            variant.update(),
            recipe.goal().sparsity(),
            shots,
            removed,
            perplexity,
            seconds,
            measured,
            peak));
  }

  private ComparedRun noted(ComparedRun run) {
    session
        .progress()
        .note(
            String.format(
                Locale.ROOT,
                "%s to %.1f %%: perplexity %.4g",
                run.method(),
                100 * run.sparsity(),
                run.perplexity()));
    return run;
  }

  /** Prunes, and says in how many shots. */
  private static int prune(ShotContext first, Method method) {
    if (method.layerByLayer()) {
      baseline(first, method);
      return 1;
    }
    int shots = first.plan().shots();
    for (int shot = 1; shot <= shots; shot++) {
      new ShotRunner(
              ShotContext.of(first.session(), first.run(), first.plan(), first.config(), shot))
          .run();
    }
    return shots;
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** The windows of the curvature's first plan, for another recipe. */
  private RunPlan plan(ModelWeights dense, RunDirectory run, Recipe recipe) {
    RunInputs inputs =
        new RunInputs(
            new HashedFile(folder, ""), files(request.calibration()), files(request.test()));
    int context = recipe.calibration().contextFor(dense.config().maxPositions());
    RunIdentity identity = RunIdentity.of(inputs, recipe, context);
    RunPlan made =
        plans.computeIfAbsent(
            recipe.curvature(), rule -> new RunPlanner(session, run, dense).make(identity, recipe));
    return new RunPlan(
        made.format(),
        identity,
        recipe.goal().sparsity(),
        made.calibration(),
        made.fresh(),
        made.test(),
        made.shards(),
        made.groups(),
        made.tokeniseSeconds());
  }

  private List<HashedFile> files(List<String> paths) {
    return TextFiles.of(session.storage(), paths).stream()
        .map(each -> new HashedFile(each, ""))
        .toList();
  }

  /** Removes what another run wrote; the factors of the dense model stay. */
  private static void clear(RunDirectory run, int shots) {
    run.delete(SelectionManifest.path(1));
    run.delete(RunDirectory.manifest(1));
    for (String made : AFTER_SELECTION) {
      run.delete(RunDirectory.inShot(1, made));
    }
    for (int shot = 2; shot <= shots; shot++) {
      run.delete(RunDirectory.shot(shot));
    }
  }

  private static void baseline(ShotContext shot, Method method) {
    List<Integer> order = shot.largestFirst();
    Timed<List<LayerFile>> cut =
        shot.session()
            .tasks()
            .run(
                shot.stage("cut"),
                order,
                new BaselineTask(shot.work(), method == Method.SPARSEGPT));
    LayerFile[] files = new LayerFile[order.size()];
    IntStream.range(0, files.length).forEach(i -> files[order.get(i)] = cut.value().get(i));
    List<LayerFile> layers = List.of(files);
    long removed = layers.stream().mapToLong(file -> file.cut().removed()).sum();
    long total = shot.config().linears().stream().mapToLong(LinearShape::weights).sum();
    StageSeconds seconds = new StageSeconds(0, 0, 0, 0, cut.seconds(), 0);
    shot.run()
        .commit(
            RunDirectory.manifest(1),
            new ShotManifest(
                1, shot.plan().share(), 0, removed, total, layers, seconds, null, null));
  }
}
