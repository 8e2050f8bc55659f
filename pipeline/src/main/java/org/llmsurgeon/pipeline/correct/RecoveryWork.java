package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What all tasks of a recovery need, in a form that travels.
 *
 * @param cut weights of the shot before the recovery
 * @param dense the dense model, or null where nobody asks it
 * @param run run directory
 * @param shot the shot
 * @param recipe how to prune
 * @param windows those of the recovery
 * @param settings how to reach the files
 */
record RecoveryWork(
    ModelRef cut,
    ModelRef dense,
    String run,
    int shot,
    Recipe recipe,
    WindowsFile windows,
    HadoopSettings settings)
    implements Serializable {
  /** The run directory. */
  RunDirectory directory() {
    return new RunDirectory(settings.storage(), run);
  }

  /**
   * A file of the recovery, relative to the run directory.
   *
   * @param name a name that nothing has
   */
  String path(String name) {
    return RunDirectory.inShot(shot, RecoveryStage.FOLDER + name);
  }
}
