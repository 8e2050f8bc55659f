package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What all tasks of a reconstruction need, in a form that travels.
 *
 * @param dense the dense model
 * @param run run directory
 * @param shot the shot
 * @param windows calibration windows
 * @param recipe how to prune
 * @param settings how to reach the files
 */
record ReconstructionWork(
    ModelRef dense,
    String run,
    int shot,
    WindowsFile windows,
    Recipe recipe,
    HadoopSettings settings)
    implements Serializable {
  /** The run directory. */
  RunDirectory directory() {
    return new RunDirectory(settings.storage(), run);
  }
}
