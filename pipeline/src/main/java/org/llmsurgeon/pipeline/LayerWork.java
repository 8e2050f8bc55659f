package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.function.Function;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.surgery.LayerTask;
import org.llmsurgeon.surgery.Recipe;

/**
 * What the tasks of one layer in one shot need, in a form that travels.
 *
 * @param model weights of the last committed shot
 * @param run run directory
 * @param shot the shot that is being done
 * @param recipe the recipe's options
 * @param settings how to reach the files
 */
record LayerWork(
    ModelRef model,
    String run,
    int shot,
    LinkedHashMap<String, Object> recipe,
    HadoopSettings settings)
    implements Serializable {
  /** The run directory. */
  RunDirectory directory() {
    return new RunDirectory(settings.storage(), run);
  }

  /**
   * Opens a layer's files and works on it.
   *
   * @param layer its position among the model's prunable layers
   * @param work what to do
   */
  <T> T on(int layer, Function<LayerTask, T> work) {
    RunDirectory directory = directory();
    FactorsManifest manifest =
        directory.required(FactorsManifest.path(shot), FactorsManifest.class);
    try (ModelWeights weights = ModelWeights.open(directory.storage(), model)) {
      LinearShape shape = weights.config().linears().get(layer);
      StoredFactors factors = new StoredFactors(directory, manifest);
      return work.apply(
          new LayerTask(ExecutorDevice.shared(), shape, weights, factors, Recipe.of(recipe)));
    }
  }
}
