package org.llmsurgeon.pipeline.factors;

import java.util.Arrays;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.LayerWork;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.calibrate.FisherTargets;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Draws the targets of a shard's windows from the dense model: a forward pass.
 *
 * @param work what it needs; its model is the dense one
 * @param windows calibration windows
 */
record DrawTask(LayerWork work, WindowsFile windows) implements TaskFunction<Shard, int[][]> {
  /** {@code [windows * draws, context]}, a window's draws one after the other. */
  @Override
  public int[][] apply(Shard shard, String attempt) {
    int[][] part = Windows.read(work.directory(), windows, shard.from(), shard.to());
    Recipe recipe = work.recipe();
    try (ProcessCache.Held<LanguageModel> shared =
        ExecutorModel.acquire(work.model(), work.settings())) {
      return Arrays.stream(FisherTargets.drawOfDense(shared.value(), part, recipe, shard))
          .flatMap(Arrays::stream)
          .toArray(int[][]::new);
    }
  }
}
