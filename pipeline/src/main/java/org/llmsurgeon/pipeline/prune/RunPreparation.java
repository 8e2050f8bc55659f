package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cut.GoneTask;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.WindowBuilder;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The stages before the first shot, which make of the inputs what the shots read: zeros are
 * counted, texts become windows. What is planned with them {@link RunPlanner} says.
 */
public final class RunPreparation {
  private final Session session;
  private final RunDirectory run;
  private final ModelWeights dense;
  private final Recipe recipe;
  private final RunPlanner planner;

  /**
   * The preparation of a run.
   *
   * @param session the operation
   * @param run where windows are kept
   * @param dense the model
   * @param recipe how to prune
   */
  public RunPreparation(Session session, RunDirectory run, ModelWeights dense, Recipe recipe) {
    this.session = session;
    this.run = run;
    this.dense = dense;
    this.recipe = recipe;
    this.planner = new RunPlanner(dense.config(), dense::bytesOfNumber, recipe);
  }

  /**
   * A plan, which is not kept yet, and the windows that it names. Where no test text is given, a
   * part of the calibration text is held out for it.
   *
   * @param identity what decides the result
   * @throws InputException if the goal cannot be reached, or is reached already
   */
  public RunPlan planWithTest(RunIdentity identity) {
    requireSense(identity);
    return planner.plan(identity, windows(identity.inputs(), identity.inputs().test().isEmpty()));
  }

  /**
   * As {@link #planWithTest(RunIdentity)}, with no test text but what is given.
   *
   * @param identity what decides the result
   * @throws InputException if the goal cannot be reached, or is reached already
   */
  public RunPlan plan(RunIdentity identity) {
    requireSense(identity);
    return planUnchecked(identity);
  }

  private void requireSense(RunIdentity identity) {
    planner.requireReachable();
    planner.requireLess(gone(identity.inputs().model().path()));
  }

  /** As {@link #plan(RunIdentity)}, for a goal that was found reachable before. */
  public RunPlan planUnchecked(RunIdentity identity) {
    return planner.plan(identity, windows(identity.inputs(), false));
  }

  /** Reads all weights once: it is cheap beside a shot, and a run for nothing is not. */
  private List<Long> gone(String model) {
    GoneTask task = new GoneTask(session.model(model), recipe, session.settings());
    List<Integer> layers = IntStream.range(0, dense.config().linears().size()).boxed().toList();
    return session.tasks().run(StageName.of("inspect"), layers, task).value();
  }

  private RunPlanner.RunWindows windows(RunInputs inputs, boolean holdOut) {
    planner.requireData(inputs.calibration());
    WindowBuilder builder = new WindowBuilder(session, run, inputs.model().path(), dense.config());
    builder.requireColumns(paths(inputs.calibration()), paths(inputs.test()), recipe.calibration());
    long begun = System.nanoTime();
    if (holdOut && recipe.needsData()) {
      WindowBuilder.Divided made =
          builder.divided(paths(inputs.calibration()), recipe.calibration(), recipe.shots());
      long held = made.test() == null ? 0 : made.test().tokens();
      WindowsFile recovery = recovery(builder, inputs, made.calibration(), held);
      return new RunPlanner.RunWindows(made.calibration(), recovery, made.test(), since(begun));
    }
    List<WindowsFile> calibration =
        recipe.needsData()
            ? builder.calibration(paths(inputs.calibration()), recipe.calibration(), recipe.shots())
            : List.of();
    WindowsFile recovery = recovery(builder, inputs, calibration, 0);
    WindowsFile test =
        inputs.test().isEmpty() ? null : builder.test(paths(inputs.test()), recipe.calibration());
    return new RunPlanner.RunWindows(calibration, recovery, test, since(begun));
  }

  /** Windows to train on, if that is wanted; never of the end of the text that is the test. */
  private WindowsFile recovery(
      WindowBuilder builder, RunInputs inputs, List<WindowsFile> calibration, long held) {
    return recipe.recovery().isWanted()
        ? builder.recovery(calibration.get(0), paths(inputs.calibration()), recipe, held)
        : null;
  }

  /**
   * Windows to train on after the last shot, of a recipe that wants it.
   *
   * @param inputs where the text is
   * @param calibration windows that are used where no text is given
   */
  public WindowsFile recovery(RunInputs inputs, WindowsFile calibration) {
    WindowBuilder builder = new WindowBuilder(session, run, inputs.model().path(), dense.config());
    return builder.recovery(calibration, paths(inputs.calibration()), recipe, 0);
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static List<String> paths(List<HashedFile> files) {
    return files.stream().map(HashedFile::path).toList();
  }
}
