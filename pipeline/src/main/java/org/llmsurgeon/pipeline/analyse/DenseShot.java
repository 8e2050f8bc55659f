package org.llmsurgeon.pipeline.analyse;

import java.util.List;
import java.util.OptionalInt;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cut.ScoreStage;
import org.llmsurgeon.pipeline.factors.FactorStage;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.prune.RunPreparation;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunPlan;
import org.llmsurgeon.pipeline.run.ScratchDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.catalog.CalibrationSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.TargetQuantity;
import org.llmsurgeon.surgery.operate.LayerScore;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The first stages of a first shot, for those who want factors or costs and no pruned model. */
public final class DenseShot implements AutoCloseable {
  private final RunDirectory run;
  private final ModelWeights weights;
  private final ShotContext shot;

  private DenseShot(RunDirectory run, ModelWeights weights, ShotContext shot) {
    this.run = run;
    this.weights = weights;
    this.shot = shot;
  }

  /**
   * Makes the windows.
   *
   * @param session the operation
   * @param model model folder
   * @param calibration texts, or files of windows
   * @param output where the result will go, absolute
   * @param recipe curvature and calibration
   */
  public static DenseShot open(
      Session session, String model, List<String> calibration, String output, Recipe recipe) {
    HadoopStorage storage = session.storage();
    String folder = storage.absolute(model);
    RunDirectory run = ScratchDirectory.near(session, output);
    ModelWeights weights = ModelWeights.open(storage, session.model(folder));
    try {
      Recipe once = once(recipe);
      RunInputs inputs =
          new RunInputs(
              new HashedFile(folder, ""),
              TextFiles.of(storage, calibration).stream()
                  .map(each -> new HashedFile(each, ""))
                  .toList(),
              List.of());
      int context = once.calibration().contextFor(weights.config().maxPositions());
      RunIdentity identity = RunIdentity.of(inputs, once, context);
      RunPlan plan = new RunPreparation(session, run, weights, once).plan(identity);
      ShotContext shot = ShotContext.of(session, run, plan, weights.config(), 1);
      return new DenseShot(run, weights, shot);
    } catch (RuntimeException failure) {
      weights.close();
      run.delete();
      throw failure;
    }
  }

  private static Recipe once(Recipe recipe) {
    return recipe
        .without(
            StepSettings.MAX_SHOTS,
            StepSettings.TARGETS,
            StepSettings.SCHEDULE,
            StepSettings.SAVE_AT,
            LayerSettings.LIMIT,
            LayerSettings.THRESHOLD,
            CalibrationSettings.FRESH)
        .with(StepSettings.SHOTS, OptionalInt.of(1))
        .with(StepSettings.TARGET_OF, TargetQuantity.WEIGHTS);
  }

  /** The model. */
  public ModelConfig config() {
    return weights.config();
  }

  /** Gathers the mean factors. */
  public FactorSource factors() {
    return new StoredFactors(run, new FactorStage(shot).factors());
  }

  /** Costs of all layers, in the model's order. */
  public List<StructureCosts> costs() {
    factors();
    return new ScoreStage(shot).lines().stream().map(LayerScore::costs).toList();
  }

  /**
   * Costs of the single weights of all layers, in files, in the model's order; none unless the
   * recipe asks for them.
   */
  public List<String> elementCosts() {
    if (!shot.recipe().structures().sparse() || shot.recipe().structures().groupSize() > 1) {
      return List.of();
    }
    List<Integer> order = shot.largestFirst();
    List<String> files =
        shot.session()
            .tasks()
            .run(shot.stage("score"), order, new ElementCostTask(shot.work()))
            .value();
    String[] sorted = new String[order.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[order.get(i)] = run.resolve(files.get(i));
    }
    return List.of(sorted);
  }

  @Override
  public void close() {
    weights.close();
    run.delete();
  }
}
