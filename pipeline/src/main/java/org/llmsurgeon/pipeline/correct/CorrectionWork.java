package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What all tasks of a correction need, in a form that travels.
 *
 * @param cut weights of the shot before the correction
 * @param dense the dense model, or null where nobody asks it
 * @param run run directory
 * @param shot the shot
 * @param recipe how to prune
 * @param windows calibration windows
 * @param settings how to reach the files
 */
record CorrectionWork(
    ModelRef cut,
    ModelRef dense,
    String run,
    int shot,
    Recipe recipe,
    WindowsFile windows,
    HadoopSettings settings)
    implements Serializable {
  /**
   * What models it needs.
   *
   * @param cut as above
   * @param dense as above
   * @param recipe as above
   */
  record Models(ModelRef cut, ModelRef dense, Recipe recipe) {}

  /** What models it needs. */
  Models models() {
    return new Models(cut, dense, recipe);
  }

  /**
   * Which layers have adapters.
   *
   * @param config the model
   */
  AdapterTargets targets(ModelConfig config) {
    return AdapterTargets.of(recipe, config);
  }

  /** The run directory. */
  RunDirectory directory() {
    return new RunDirectory(settings.storage(), run);
  }

  /**
   * A file of the correction, relative to the run directory.
   *
   * @param name a name that nothing has
   */
  String path(String name) {
    return RunDirectory.inShot(shot, CorrectionStage.FOLDER + name);
  }
}
