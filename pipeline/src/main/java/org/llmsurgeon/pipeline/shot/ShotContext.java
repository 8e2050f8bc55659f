package org.llmsurgeon.pipeline.shot;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.shot.ShotChoice;

/**
 * What the stages of a shot share on the driver.
 *
 * @param session the operation
 * @param run run directory
 * @param plan its plan
 * @param config the model
 * @param recipe how to prune
 * @param shot from 1; the one before is committed
 */
public record ShotContext(
    Session session, RunDirectory run, RunPlan plan, ModelConfig config, Recipe recipe, int shot) {
  /**
   * A shot of a plan.
   *
   * @param session the operation
   * @param run run directory
   * @param plan its plan
   * @param config the model
   * @param shot from 1
   */
  public static ShotContext of(
      Session session, RunDirectory run, RunPlan plan, ModelConfig config, int shot) {
    return new ShotContext(session, run, plan, config, plan.recipe(), shot);
  }

  /**
   * The same shot pruned in another way.
   *
   * @param other how
   */
  public ShotContext with(Recipe other) {
    return new ShotContext(session, run, plan, config, other, shot);
  }

  /**
   * Another shot of the same plan.
   *
   * @param other from 1; the one before it is committed
   */
  public ShotContext at(int other) {
    return new ShotContext(session, run, plan, config, recipe, other);
  }

  /** Weights before this shot. */
  public ModelRef model() {
    return model(shot - 1);
  }

  /** Weights after this shot, which is committed. */
  public ModelRef after() {
    return model(shot);
  }

  private ModelRef model(int committed) {
    return session.model(plan.identity().inputs().model().path(), run, committed);
  }

  /** What tasks of one layer need. */
  public LayerWork work() {
    return new LayerWork(
        model(), run.path(), shot, FactorsManifest.path(shot), recipe, session.settings());
  }

  /** Name of a stage of this shot. */
  public StageName stage(String name) {
    return new StageName(shot, Math.max(shot, recipe.shots()), name);
  }

  /**
   * What was chosen in a shot.
   *
   * @param chosen a shot that is committed
   */
  public ShotChoice selection(int chosen) {
    return run.required(ShotStage.SCORE.record(chosen), ShotChoice.class);
  }

  /** Path of a file of this shot, relative to the run directory. */
  public String path(String name) {
    return RunDirectory.inShot(shot, name);
  }

  /** Positions of the layers, the most work first: then the last tasks to end are short ones. */
  public List<Integer> largestFirst() {
    List<LinearShape> layers = config.linears();
    return IntStream.range(0, layers.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -work(layers.get(i))))
        .toList();
  }

  /**
   * What the matrices of a layer cost to factor, in any unit.
   *
   * @param layer a linear layer
   */
  public static double work(LinearShape layer) {
    return Math.pow(layer.outputs(), 3) + Math.pow(layer.augmentedInputs(), 3);
  }
}
