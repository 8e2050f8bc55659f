package org.llmsurgeon.pipeline.cut;

import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.surgery.choose.AlreadyGone;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Counts what of one layer is gone before a run.
 *
 * @param model which weights
 * @param recipe how to prune
 * @param settings how to reach the files
 */
public record GoneTask(ModelRef model, Recipe recipe, HadoopSettings settings)
    implements TaskFunction<Integer, Long> {
  @Override
  public Long apply(Integer layer, String attempt) {
    try (ModelWeights weights = ModelWeights.open(settings.storage(), model)) {
      LinearShape shape = weights.config().linears().get(layer);
      return new AlreadyGone(weights.config(), recipe).of(ExecutorDevice.shared(), weights, shape);
    }
  }
}
