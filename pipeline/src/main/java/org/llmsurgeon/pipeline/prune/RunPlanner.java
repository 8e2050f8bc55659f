package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.function.ToIntFunction;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.choose.Reachability;
import org.llmsurgeon.surgery.recipe.ObjectiveCheck;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;

/** Says what a run will do, from sizes alone: it runs nothing and reads no file. */
public final class RunPlanner {
  private final ModelConfig config;
  private final Recipe recipe;
  private final double share;

  /**
   * A planner.
   *
   * @param config the model
   * @param bytesOfNumber how many bytes a number of a tensor has where it is stored, by its name
   * @param recipe how to prune
   * @throws InputException if the target is a share of nothing
   */
  public RunPlanner(ModelConfig config, ToIntFunction<String> bytesOfNumber, Recipe recipe) {
    this.config = config;
    this.recipe = recipe;
    this.share = new TargetShare(config, bytesOfNumber).of(recipe);
  }

  /** Share of the prunable weights that is to be gone. */
  public double share() {
    return share;
  }

  /**
   * Throws where no run can do this, whatever its data: the curvature does not serve, or the goal
   * cannot be reached.
   *
   * @throws InputException saying what does not fit, or how far it can go
   */
  public void requirePossible() {
    recipe.requirePrunable();
    requireReachable();
  }

  /**
   * Throws where the goal cannot be reached, or an option asks for what the network's objective
   * does not give.
   *
   * @throws InputException saying how far it can, or what to give instead
   */
  void requireReachable() {
    ObjectiveCheck.require(recipe, config);
    new Reachability(config, recipe).require(share);
  }

  /**
   * Throws where nothing is left to do.
   *
   * @param gone weights that are gone of each layer, in the model's order
   */
  void requireLess(List<Long> gone) {
    new AlreadyGone(config, recipe).requireLess(share, gone);
  }

  /**
   * Throws where calibration data is needed and none is given.
   *
   * @param calibration texts, or files of windows
   */
  void requireData(List<?> calibration) {
    if (recipe.needsData() && calibration.isEmpty()) {
      throw new InputException(
          (recipe.curvature().kind().needsData()
                  ? "The curvature " + recipe.curvature().kind().optionName()
                  : "A correction")
              + " needs data; give --calibration with a text or token windows.");
    }
  }

  /**
   * Token windows of a run.
   *
   * @param calibration of the first shot, then, where each shot has its own, of the others; empty
   *     where no data is needed
   * @param recovery null where all weights are not trained
   * @param test null for none
   * @param seconds time it took to make them
   */
  record RunWindows(
      List<WindowsFile> calibration, WindowsFile recovery, WindowsFile test, double seconds) {}

  /**
   * The plan.
   *
   * @param identity what decides the result; of the same recipe
   * @param windows its windows
   * @throws InputException if halves of the data are asked for that there are not
   */
  RunPlan plan(RunIdentity identity, RunWindows windows) {
    List<WindowsFile> all = windows.calibration();
    List<Shard> shards =
        all.isEmpty() ? List.of() : Shard.plan(all.get(0).windows(), recipe.shards());
    if (recipe.calibration().checked() && shards.size() < 2) {
      throw new InputException(
          "--check-data holds two halves of the shards against each other, and there is one shard;"
              + " give more windows, by --sequences where they are of text, or --shards 2.");
    }
    return new RunPlan(
        RunPlan.FORMAT,
        identity,
        share,
        new RunPlan.Windows(
            all.isEmpty() ? null : all.get(0),
            all.stream().skip(1).toList(),
            windows.recovery(),
            windows.test()),
        shards,
        windows.seconds());
  }
}
