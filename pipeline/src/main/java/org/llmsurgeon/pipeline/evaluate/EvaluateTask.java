package org.llmsurgeon.pipeline.evaluate;

import java.io.Serializable;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.text.Windows;
import org.llmsurgeon.pipeline.weights.ExecutorModel;
import org.llmsurgeon.pipeline.weights.ProcessCache;
import org.llmsurgeon.surgery.evaluate.Measure;

/**
 * What is measured of some test windows, see {@link Measure}.
 *
 * @param model which weights
 * @param run run directory
 * @param windows test windows
 * @param settings how to reach the files
 */
public record EvaluateTask(ModelRef model, String run, WindowsFile windows, HadoopSettings settings)
    implements TaskFunction<EvaluateTask.Range, double[][]> {
  /**
   * A fixed group of windows, so that batches, and so the last bits, do not depend on the cluster.
   *
   * @param from first window
   * @param to window after the last
   */
  public record Range(int from, int to) implements Serializable {}

  @Override
  public double[][] apply(Range range, String attempt) {
    RunDirectory directory = new RunDirectory(settings.storage(), run);
    int[][] part = Windows.read(directory, windows, range.from(), range.to());
    try (ProcessCache.Held<LanguageModel> shared = ExecutorModel.acquire(model, settings)) {
      return Measure.of(shared.value(), part);
    }
  }
}
