package org.llmsurgeon.pipeline.shot;

import java.io.Serializable;
import java.util.function.Function;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.pipeline.weights.StoredFactors;
import org.llmsurgeon.pruning.baseline.UnitBaseline;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.operate.ElementTask;
import org.llmsurgeon.surgery.operate.LayerTask;
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
    // No pass over the data needs these weights again: the memory is for factors now.
    ProcessCache.shared().begin(ProcessCache.Work.LAYER);
    RunDirectory directory = directory();
    FactorsManifest manifest = directory.required(factors, FactorsManifest.class);
    try (ModelWeights weights = ModelWeights.open(directory.storage(), model)) {
      StoredFactors means = new StoredFactors(directory, manifest);
      return work.apply(new Opened(weights, means, recipe));
    }
  }

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
          LinearShape shape = opened.weights().config().linears().get(layer);
          return work.apply(
              new LayerTask(
                  ExecutorDevice.shared(),
                  shape,
                  opened.weights(),
                  opened.factors(),
                  opened.recipe()));
        });
  }
}
