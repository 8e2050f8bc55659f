package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.surgery.BaselineLayer;
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
  private final String folder;
  private final Map<CurvatureKind, RunDirectory> runs = new EnumMap<>(CurvatureKind.class);
  private final Map<CurvatureKind, RunPlan> plans = new EnumMap<>(CurvatureKind.class);

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
    for (Method method : methods) {
      for (double sparsity : request.sparsities()) {
        check(method, recipe(method, sparsity));
      }
    }
  }

  private Recipe recipe(Method method, double sparsity) {
    return Recipe.of(method.options(request.options(), sparsity));
  }

  private static void check(Method method, Recipe recipe) {
    if (recipe.pace().adaptive() || recipe.goal().of() != TargetQuantity.WEIGHTS) {
      throw new InputException("compare takes a number of --shots and shares of the weights only.");
    }
    if (method.layerByLayer()) {
      BaselineLayer.sparsity(recipe);
    }
  }

  /** All runs, sparsity by sparsity, the methods in the order in which they were named. */
  List<ComparedRun> run() {
    List<ComparedRun> done = new ArrayList<>();
    try (ModelWeights dense = ModelWeights.open(session.storage(), session.model(folder))) {
      for (double sparsity : request.sparsities()) {
        for (Method method : methods) {
          done.add(run(dense, method, sparsity));
        }
      }
      return done;
    } finally {
      runs.values().forEach(RunDirectory::delete);
    }
  }

  private ComparedRun run(ModelWeights dense, Method method, double sparsity) {
    Recipe recipe = recipe(method, sparsity);
    RunDirectory run =
        runs.computeIfAbsent(method.curvature(), kind -> ScratchDirectory.near(session, folder));
    RunPlan plan = plan(dense, run, method, recipe);
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
            method.optionName(), sparsity, shots, removed, perplexity, seconds, measured, peak));
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
  private RunPlan plan(ModelWeights dense, RunDirectory run, Method method, Recipe recipe) {
    RunInputs inputs =
        new RunInputs(
            new HashedFile(folder, ""), files(request.calibration()), files(request.test()));
    int context = recipe.calibration().contextFor(dense.config().maxPositions());
    RunIdentity identity = RunIdentity.of(inputs, recipe, context);
    RunPlan made =
        plans.computeIfAbsent(
            method.curvature(), kind -> new RunPlanner(session, run, dense).make(identity, recipe));
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
