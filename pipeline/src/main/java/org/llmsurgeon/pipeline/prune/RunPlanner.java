package org.llmsurgeon.pipeline.prune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cut.GoneTask;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.WindowBuilder;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.choose.Reach;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;

/** Makes the plan of a run, or takes up that of a run that was not finished. */
public final class RunPlanner {
  private final Session session;
  private final RunDirectory run;
  private final ModelWeights dense;
  private final ModelConfig config;

  /**
   * A planner.
   *
   * @param session the operation
   * @param run where the plan is kept
   * @param dense the model
   */
  public RunPlanner(Session session, RunDirectory run, ModelWeights dense) {
    this.session = session;
    this.run = run;
    this.dense = dense;
    this.config = dense.config();
  }

  /**
   * The plan that the run directory holds, where it is of the same run; else a new one.
   *
   * @param identity what decides the result
   * @param recipe how to prune
   * @param overwrite whether another run's plan may be thrown away
   * @throws InputException if the directory holds another run and may not be overwritten
   */
  RunPlan resumeOrMake(RunIdentity identity, Recipe recipe, boolean overwrite) {
    Optional<RunPlan> existing = run.finished(RunDirectory.PLAN, RunPlan.class);
    if (existing.isPresent()) {
      Optional<String> difference = difference(existing.get(), identity);
      if (difference.isEmpty()) {
        return existing.get().with(identity);
      }
      if (!overwrite) {
        throw new InputException(
            run.path()
                + " holds an unfinished run made with "
                + difference.get()
                + "; give --overwrite to begin anew, or choose another --output.");
      }
    }
    run.clear();
    RunPlan plan = make(identity, recipe);
    run.commit(RunDirectory.PLAN, plan);
    PlanWarnings.of(plan, config).forEach(each -> session.progress().note("Warning: " + each));
    return plan;
  }

  private static Optional<String> difference(RunPlan existing, RunIdentity identity) {
    return existing.format() == RunPlan.FORMAT
        ? existing.identity().difference(identity)
        : Optional.of("another version of this program");
  }

  /**
   * Makes windows and a plan, which is not kept yet.
   *
   * @param identity what decides the result
   * @param recipe how to prune
   */
  public RunPlan make(RunIdentity identity, Recipe recipe) {
    double share = new TargetShare(config, dense::bytesOfNumber).of(recipe);
    new Reach(config, recipe).require(share);
    requireLess(identity.inputs().model().path(), recipe, share);
    return make(identity, recipe, share);
  }

  /** Reads all weights once: it is cheap beside a shot, and a run for nothing is not. */
  private void requireLess(String model, Recipe recipe, double share) {
    GoneTask task =
        new GoneTask(
            session.model(model), new LinkedHashMap<>(recipe.options()), session.settings());
    List<Integer> layers = IntStream.range(0, config.linears().size()).boxed().toList();
    List<Long> gone = session.tasks().run(StageName.of("inspect"), layers, task).value();
    new AlreadyGone(config, recipe).requireLess(share, gone);
  }

  /**
   * As {@link #make(RunIdentity, Recipe)}, for a goal that was found reachable before.
   *
   * @param share of the prunable weights that is to be gone at the end
   */
  public RunPlan make(RunIdentity identity, Recipe recipe, double share) {
    List<String> calibration = paths(identity.inputs().calibration());
    List<String> test = paths(identity.inputs().test());
    boolean needsData = recipe.needsData();
    if (needsData && calibration.isEmpty()) {
      throw new InputException(
          (recipe.curvature().kind().needsData()
                  ? "The curvature " + recipe.curvature().kind().optionName()
                  : "A correction")
              + " needs data; give --calibration with a text or token windows.");
    }
    WindowBuilder builder =
        new WindowBuilder(session, run, identity.inputs().model().path(), config);
    long begun = System.nanoTime();
    List<WindowsFile> calibrated =
        needsData
            ? builder.calibration(calibration, recipe.calibration(), recipe.shots())
            : List.of();
    WindowsFile tested = test.isEmpty() ? null : builder.test(test, recipe.calibration());
    double seconds = (System.nanoTime() - begun) / 1e9;
    return new RunPlan(
        RunPlan.FORMAT,
        identity,
        share,
        calibrated.isEmpty() ? null : calibrated.get(0),
        calibrated.stream().skip(1).toList(),
        tested,
        calibrated.isEmpty() ? List.of() : Shard.plan(calibrated.get(0).windows(), recipe.shards()),
        seconds);
  }

  private static List<String> paths(List<HashedFile> files) {
    return files.stream().map(HashedFile::path).toList();
  }
}
