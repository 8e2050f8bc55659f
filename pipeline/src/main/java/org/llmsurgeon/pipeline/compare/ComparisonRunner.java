package org.llmsurgeon.pipeline.compare;

import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.cluster.RunUsage;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cut.CutStage;
import org.llmsurgeon.pipeline.cut.ScoreStage;
import org.llmsurgeon.pipeline.evaluate.ChoiceEvaluation;
import org.llmsurgeon.pipeline.evaluate.Evaluator;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.prune.RunPreparation;
import org.llmsurgeon.pipeline.prune.Shots;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.catalog.CurvatureSettings;
import org.llmsurgeon.surgery.catalog.RecoverySettings;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.RecoveryRule;
import org.llmsurgeon.surgery.shot.ShotChoice;

/**
 * Does the runs of a comparison. The dense model is measured once for each curvature: what a run
 * wrote is deleted before the next one, its first factors stay.
 */
final class ComparisonRunner implements AutoCloseable {
  private final Session session;
  private final RunDirectory work;
  private final ModelWeights dense;
  private final RunInputs inputs;
  private final ChoiceEvaluation questions;
  private final Map<Look, Curvature> curvatures = new HashMap<>();
  private final Map<Look, Measured> measured = new HashMap<>();
  private final Map<Trained, WindowsFile> recoveries = new HashMap<>();
  private ComparisonRunner withBiases;

  /**
   * A runner.
   *
   * @param session the operation
   * @param work a directory for what runs need, deleted by the caller
   * @param dense the model
   * @param inputs model and texts
   * @param questions what every model is asked; null for nothing
   */
  ComparisonRunner(
      Session session,
      RunDirectory work,
      ModelWeights dense,
      RunInputs inputs,
      ChoiceEvaluation questions) {
    this.session = session;
    this.work = work;
    this.dense = dense;
    this.inputs = inputs;
    this.questions = questions;
  }

  /**
   * What runs look at; those that look at the same share it.
   *
   * @param curvature of their recipes
   * @param windows whether they need calibration windows
   * @param needs of a score; nothing where they have none
   */
  private record Look(CurvatureRule curvature, boolean windows, UnitBaseline.Needs needs) {
    static Look of(Variant variant) {
      Recipe recipe = variant.recipe();
      UnitBaseline.Needs needs =
          variant.baseline() == null ? UnitBaseline.Needs.NOTHING : variant.baseline().needs();
      boolean windows = recipe.needsData() || needs != UnitBaseline.Needs.NOTHING;
      return new Look(recipe.curvature(), windows, needs);
    }

    /** A recipe that draws the calibration windows and no others. */
    Recipe drawing(Recipe recipe) {
      Recipe drawing =
          recipe.without(
              RecoverySettings.RECOVER,
              RecoverySettings.TOKENS,
              RecoverySettings.RATE,
              RecoverySettings.BATCH);
      return windows && !drawing.needsData()
          ? drawing.with(CurvatureSettings.CURVATURE, CurvatureKind.ACTIVATIONS)
          : drawing;
    }

    /** The pass of the score over the data; null where it has none. */
    FactorPass pass() {
      return switch (needs) {
        case NOTHING -> null;
        case STATISTICS -> FactorPass.STATISTICS;
        case GRADIENTS -> FactorPass.GRADIENTS;
      };
    }
  }

  /**
   * Recoveries on the same windows, which are new ones and measured by nobody.
   *
   * @param look of their runs
   * @param rule how much they train on
   */
  private record Trained(Look look, RecoveryRule rule) {
    static Trained of(Variant variant) {
      return new Trained(Look.of(variant), variant.recipe().recovery());
    }
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
   * @param variant the run
   * @throws org.llmsurgeon.InputException if a text cannot be used
   */
  void prepare(Variant variant) {
    if (variant.needsBiases(dense.config())) {
      withBiases().prepare(variant);
      return;
    }
    Look look = Look.of(variant);
    if (!curvatures.containsKey(look)) {
      Recipe recipe = look.drawing(variant.recipe());
      RunDirectory run =
          new RunDirectory(session.storage(), work.resolve("curvature-" + curvatures.size()));
      RunPlan plan =
          new RunPreparation(session, run, dense, recipe).planUnchecked(identity(recipe));
      curvatures.put(look, new Curvature(run, plan));
    }
    Recipe recipe = variant.recipe();
    if (recipe.recovery().isWanted()) {
      Curvature with = curvatures.get(look);
      recoveries.computeIfAbsent(
          Trained.of(variant),
          trained ->
              new RunPreparation(session, with.run(), dense, recipe)
                  .recovery(inputs, with.plan().windows().calibration()));
    }
  }

  /** Runs on the same model with biases of 0 where it has none. */
  private ComparisonRunner withBiases() {
    if (withBiases == null) {
      String folder = work.resolve("with-biases");
      new BiasedFolder(dense).write(session.storage(), folder);
      RunInputs same =
          new RunInputs(
              new HashedFile(folder, inputs.model().sha256() + " with biases"),
              inputs.calibration(),
              inputs.test());
      withBiases =
          new ComparisonRunner(
              session,
              new RunDirectory(session.storage(), work.resolve("biased")),
              ModelWeights.open(session.storage(), session.model(folder)),
              same,
              questions);
    }
    return withBiases;
  }

  @Override
  public void close() {
    if (withBiases != null) {
      withBiases.dense.close();
    }
  }

  private RunIdentity identity(Recipe recipe) {
    int context = recipe.calibration().contextFor(dense.config().maxPositions());
    return RunIdentity.of(inputs, recipe, context).on(session.tasks().arithmetic());
  }

  /**
   * What the dense model comes to.
   *
   * @param variant a run that is prepared
   */
  ComparedRun.Quality dense(Variant variant) {
    if (variant.needsBiases(dense.config())) {
      return withBiases().dense(variant);
    }
    Curvature with = curvatures.get(Look.of(variant));
    ModelRef model = session.model(inputs.model().path());
    return quality(session, with.run(), with.plan(), model);
  }

  private ComparedRun.Quality quality(Session own, RunDirectory run, RunPlan plan, ModelRef model) {
    double perplexity =
        new Evaluator(own, run, plan.windows().test(), dense.config().objective())
            .evaluate(StageName.of("evaluate"), model)
            .perplexity();
    return new ComparedRun.Quality(perplexity, questions == null ? null : questions.of(model));
  }

  /**
   * Does a run.
   *
   * @param variant what to run; prepared
   * @throws org.llmsurgeon.InputException if the run refuses
   * @throws RunFailedException if it breaks down
   */
  ComparedRun run(Variant variant) {
    if (variant.needsBiases(dense.config())) {
      return withBiases().run(variant);
    }
    Recipe recipe = variant.recipe();
    Look look = Look.of(variant);
    RunDirectory run = curvatures.get(look).run();
    RunPlan plan = plan(recipe, look).recoveredOn(recoveries.get(Trained.of(variant)));
    clear(run, Math.max(plan.shots(), dense.config().blocks().size()));
    Measured once = measured.get(look);
    if (once == null) {
      once = measure(run, plan, look);
      measured.put(look, once);
    }
    // Models are known by the operation: the last run's must not be taken for this one's.
    Session own = Session.begin(session.spark(), session.progress()).with(session.objective());
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    ShotContext first = ShotContext.of(own, run, plan, dense.config(), 1);
    long begun = System.nanoTime();
    int shots = prune(first, variant);
    double seconds = seconds(begun);
    long peak = Math.max(once.bytes(), peak(own));
    ShotManifest last = run.required(RunDirectory.manifest(shots), ShotManifest.class);
    String folder = inputs.model().path();
    ComparedRun.Quality quality = quality(own, run, plan, own.model(folder, run, shots));
    double removed =
        (double) last.removal().removed() / recipe.layers().touched(dense.config().linears());
    return variant.done(
        new ComparedRun.Outcome(
            removed, quality.perplexity(), seconds, once.seconds(), peak, quality.choices()));
  }

  /** Gathers the factors of the dense model. */
  private Measured measure(RunDirectory run, RunPlan plan, Look look) {
    Session own = Session.begin(session.spark(), session.progress()).with(session.objective());
    ProcessCache.shared().begin(ProcessCache.Work.OTHER);
    long begun = System.nanoTime();
    FactorStage stage = new FactorStage(ShotContext.of(own, run, plan, dense.config(), 1));
    boolean measures = !stage.factors().factors().isEmpty();
    run.delete(ShotStage.ACCUMULATE.folder(1));
    if (look.pass() != null) {
      stage.ofBaseline(look.pass());
      measures = true;
    }
    return new Measured(measures ? seconds(begun) : 0, peak(own));
  }

  private static long peak(Session session) {
    return session.usage().stages().stream().mapToLong(RunUsage.Stage::device).max().orElse(0);
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** The windows of the curvature's first plan, for another recipe. */
  private RunPlan plan(Recipe recipe, Look look) {
    return curvatures.get(look).plan().with(identity(recipe), Variant.share(recipe, dense));
  }

  /** Prunes, and says in how many shots. */
  private int prune(ShotContext first, Variant variant) {
    if (variant.layerByLayer()) {
      return new BaselineRun(first, variant.method()).run();
    }
    if (variant.baseline() != null) {
      ShotChoice selection = new ScoreStage(first).selection(variant.baseline());
      UnitCutTask task = new UnitCutTask(first.work(), variant.baseline());
      new CutStage(first, task).cut(selection); // what follows finds the layers done
    }
    // The factors of the first shot are for other runs, too.
    return new Shots(first, 1).each(manifest -> {});
  }

  /** Removes what another run wrote; what was measured of the dense model stays. */
  private static void clear(RunDirectory run, int shots) {
    run.forget(1, ShotStage.SCORE);
    for (int shot = 2; shot <= shots; shot++) {
      run.delete(RunDirectory.shot(shot));
    }
  }
}
