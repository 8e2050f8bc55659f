package org.llmsurgeon.pipeline.shot;

import java.io.Serializable;
import java.util.List;
import java.util.function.Function;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.KeptMemory;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.KeptInverses;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerTask;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What the tasks of a layer or a group of layers need, in a form that travels.
 *
 * @param model weights of the last committed shot
 * @param run run directory
 * @param shot the shot that is being done; its factors are there
 * @param factors their manifest, relative to the run directory
 * @param recipe how to prune
 * @param settings how to reach the files
 */
public record LayerWork(
    ModelRef model, String run, int shot, String factors, Recipe recipe, HadoopSettings settings)
    implements Serializable {
  /**
   * The files of a task, open.
   *
   * @param weights weights of the last committed shot
   * @param factors mean factors of this shot
   * @param recipe how to prune
   */
  public record Opened(ModelWeights weights, FactorSource factors, Recipe recipe) {}

  /**
   * The same with other weights.
   *
   * @param other which weights
   */
  public LayerWork with(ModelRef other) {
    return new LayerWork(other, run, shot, factors, recipe, settings);
  }

  /**
   * The same under other factors.
   *
   * @param other their manifest, relative to the run directory
   */
  public LayerWork under(String other) {
    return new LayerWork(model, run, shot, other, recipe, settings);
  }

  /** The run directory. */
  public RunDirectory directory() {
    return new RunDirectory(settings.storage(), run);
  }

  /**
   * What was gathered of the model for a baseline.
   *
   * @param needs what it looks at
   */
  public FactorSource ofBaseline(UnitBaseline.Needs needs) {
    if (needs == UnitBaseline.Needs.NOTHING) {
      return FactorSource.NONE;
    }
    RunDirectory directory = directory();
    String path = FactorsManifest.ofBaseline(shot);
    return new StoredFactors(directory, directory.required(path, FactorsManifest.class));
  }

  /**
   * Opens the files, works and closes them.
   *
   * @param work what to do
   */
  public <T> T open(Function<Opened, T> work) {
    RunDirectory directory = directory();
    FactorsManifest manifest = directory.required(factors, FactorsManifest.class);
    try (ProcessCache.Held<KeptInverses> inverses = inverses(manifest);
        ModelWeights weights = ModelWeights.open(directory.storage(), model)) {
      StoredFactors means = new StoredFactors(directory, manifest, inverses.value());
      return work.apply(new Opened(weights, means, recipe));
    }
  }

  /**
   * Those that this process has of these factors. No pass over the data needs a model again: its
   * memory is for inverses now.
   */
  private ProcessCache.Held<KeptInverses> inverses(FactorsManifest manifest) {
    Device device = ExecutorDevice.shared();
    return ProcessCache.shared()
        .acquire(
            ProcessCache.Work.SURGERY,
            ProcessCache.Role.INVERSES,
            new Factors(run, manifest, recipe.curvature(), recipe.structures().coupled(), device),
            () -> new KeptInverses(KeptMemory.on(device)));
  }

  /** What inverses depend on, beside what {@link org.llmsurgeon.curvature.InverseStore.Key} has. */
  private record Factors(
      String run,
      FactorsManifest manifest,
      CurvatureRule curvature,
      boolean coupled,
      Device device) {}

  /**
   * Works on one layer of which single weights or N:M groups go.
   *
   * @param layer its position among the model's prunable layers
   * @param work what to do
   */
  public <T> T onElements(int layer, Function<ElementTask, T> work) {
    return open(
        opened -> {
          LinearShape shape = opened.weights().config().linears().get(layer);
          return work.apply(
              new ElementTask(
                  ExecutorDevice.shared(),
                  shape,
                  opened.weights(),
                  opened.factors(),
                  opened.recipe()));
        });
  }

  /**
   * Works on one layer.
   *
   * @param layer its position among the model's prunable layers
   * @param work what to do
   */
  public <T> T on(int layer, Function<LayerTask, T> work) {
    return open(
        opened -> {
          List<LinearShape> all = opened.weights().config().linears();
          LayerTask task =
              new LayerTask(
                  ExecutorDevice.shared(),
                  all.get(layer),
                  opened.weights(),
                  opened.factors(),
                  opened.recipe());
          return work.apply(task.among(all));
        });
  }
}
