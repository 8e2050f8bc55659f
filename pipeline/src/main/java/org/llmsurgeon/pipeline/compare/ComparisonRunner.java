package org.llmsurgeon.pipeline.compare;

import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.cluster.RunUsage;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.prune.Intermediates;
import org.llmsurgeon.pipeline.prune.RunPreparation;
import org.llmsurgeon.pipeline.prune.ShotRun;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Does the runs of a comparison. The dense model is measured once for each curvature: what a run
 * wrote is deleted before the next one, its first factors stay.
 */
final class ComparisonRunner {
  private final Session session;
  private final RunDirectory work;
  private final ModelWeights dense;
  private final RunInputs inputs;
  private final Map<CurvatureRule, Curvature> curvatures = new HashMap<>();
  private final Map<CurvatureRule, Measured> measured = new HashMap<>();

  /**
   * A runner.
   *
   * @param session the operation
   * @param work a directory for what runs need, deleted by the caller
   * @param dense the model
   * @param inputs model and texts
   */
  ComparisonRunner(Session session, RunDirectory work, ModelWeights dense, RunInputs inputs) {
    this.session = session;
    this.work = work;
    this.dense = dense;
    this.inputs = inputs;
  }

  /**
   * Runs with the same curvature.
   *
   * @param run their run directory
   * @param plan the first one's plan, with the windows of all
   */
  private record Curvature(RunDirectory run, RunPlan plan) {}

  /**
   * What the measuring of a curvature took.
   *
   * @param seconds time
   * @param bytes most that tensors took
   */
  private record Measured(double seconds, long bytes) {}

  /**
   * Makes the windows that a run needs, where they are not there yet.
   *
   * @param recipe of the run
   * @throws org.llmsurgeon.InputException if a text cannot be used
   */
  void prepare(Recipe recipe) {
    if (!curvatures.containsKey(recipe.curvature())) {
      RunDirectory run =
          new RunDirectory(session.storage(), work.resolve("curvature-" + curvatures.size()));
      RunPlan plan =
          new RunPreparation(session, run, dense, recipe).planUnchecked(identity(recipe));
      curvatures.put(recipe.curvature(), new Curvature(run, plan));
    }
  }

  private RunIdentity identity(Recipe recipe) {
    int context = recipe.calibration().contextFor(dense.config().maxPositions());
    return RunIdentity.of(inputs, recipe, context).on(session.tasks().arithmetic());
  }

  /**
   * Perplexity of the dense model.
   *
   * @param recipe of a run that is prepared
   */
  double densePerplexity(Recipe recipe) {
    Curvature with = curvatures.get(recipe.curvature());
    return new Evaluator(session, with.run(), with.plan().test())
        .evaluate(StageName.of("evaluate"), session.model(inputs.model().path()))
        .perplexity();
  }

  /**
   * Does a run.
   *
   * @param variant what to run; prepared
   * @throws org.llmsurgeon.InputException if the run refuses
   * @throws RunFailedException if it breaks down
   */
  ComparedRun run(Variant variant) {
    Recipe recipe = variant.recipe();
    RunDirectory run = curvatures.get(recipe.curvature()).run();
    RunPlan plan = plan(recipe);
    clear(run, Math.max(plan.shots(), dense.config().blocks().size()));
    Measured once = measured.get(recipe.curvature());
    if (once == null) {
      once = measure(run, plan);
      measured.put(recipe.curvature(), once);
    }
    // Models are known by the operation: the last run's must not be taken for this one's.
    Session own = Session.begin(session.spark(), session.progress());
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    ShotContext first = ShotContext.of(own, run, plan, dense.config(), 1);
    long begun = System.nanoTime();
    int shots = prune(first, variant.method());
    double seconds = seconds(begun);
    long peak = Math.max(once.bytes(), peak(own));
    ShotManifest last = run.required(RunDirectory.manifest(shots), ShotManifest.class);
    String folder = inputs.model().path();
    double perplexity =
        new Evaluator(own, run, plan.test())
            .evaluate(StageName.of("evaluate"), own.model(folder, run, shots))
            .perplexity();
    double removed = (double) last.removed() / recipe.layers().touched(dense.config().linears());
    return variant.done(removed, perplexity, seconds, once.seconds(), peak);
  }

  /** Gathers the factors of the dense model. */
  private Measured measure(RunDirectory run, RunPlan plan) {
    Session own = Session.begin(session.spark(), session.progress());
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    long begun = System.nanoTime();
    FactorsManifest factors =
        new FactorStage(ShotContext.of(own, run, plan, dense.config(), 1)).factors();
    run.delete(ShotStage.ACCUMULATE.folder(1));
    return new Measured(factors.factors().isEmpty() ? 0 : seconds(begun), peak(own));
  }

  private static long peak(Session session) {
    return session.usage().stages().stream().mapToLong(RunUsage.Stage::device).max().orElse(0);
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** The windows of the curvature's first plan, for another recipe. */
  private RunPlan plan(Recipe recipe) {
    return curvatures
        .get(recipe.curvature())
        .plan()
        .with(identity(recipe), Variant.share(recipe, dense));
  }

  /** Prunes, and says in how many shots. */
  private int prune(ShotContext first, Method method) {
    if (method.layerByLayer()) {
      return new BaselineRun(first, method).run();
    }
    int shots = first.plan().shots();
    for (int shot = 1; shot <= shots; shot++) {
      new ShotRun(ShotContext.of(first.session(), first.run(), first.plan(), first.config(), shot))
          .commit();
      // The factors of the first shot are for other runs, too.
      new Intermediates(first.run(), first.recipe()).deleteAfter(shot, 1);
    }
    return shots;
  }

  /** Removes what another run wrote; the factors of the dense model stay. */
  private static void clear(RunDirectory run, int shots) {
    run.forget(1, ShotStage.SCORE);
    for (int shot = 2; shot <= shots; shot++) {
      run.delete(RunDirectory.shot(shot));
    }
  }
}
