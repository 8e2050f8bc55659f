package org.llmsurgeon.pipeline.correct;

import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.evaluate.EvaluateTask;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.recover.RecoveredModel;

/**
 * Losses of some held-out windows. Memory: as {@link RecoveryGradientTask}, without gradients.
 *
 * @param work what it needs
 * @param state the weights
 */
record LookTask(TrainingWork work, RecoveryState state)
    implements TaskFunction<EvaluateTask.Range, double[]> {
  @Override
  public double[] apply(EvaluateTask.Range range, String attempt) {
    int[][] windows = Windows.read(work.directory(), work.windows(), range.from(), range.to());
    try (ProcessCache.Held<RecoveredModel> shared = ExecutorRecovery.acquire(work, state)) {
      return shared.value().losses(windows);
    }
  }
}
