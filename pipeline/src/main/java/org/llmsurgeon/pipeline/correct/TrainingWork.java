package org.llmsurgeon.pipeline.correct;

import java.io.Serializable;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.pipeline.shot.ShotContext;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.correct.AdapterTargets;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What all tasks of a correction or a recovery need, in a form that travels.
 *
 * @param cut weights of the shot before it
 * @param dense the dense model, or null where nobody asks it
 * @param run run directory
 * @param shot the shot
 * @param recipe how to prune
 * @param windows what it trains on
 * @param folder where its files are, in the shot's folder, ended by a slash
 * @param settings how to reach the files
 */
record TrainingWork(
    ModelRef cut,
    ModelRef dense,
    String run,
    int shot,
    Recipe recipe,
    WindowsFile windows,
    String folder,
    HadoopSettings settings)
    implements Serializable {
  /**
   * That of a shot.
   *
   * @param shot the shot
   * @param before the stage whose weights are trained
   * @param kind what is trained for
   * @param windows what it trains on
   * @param folder where its files are
   */
  static TrainingWork of(
      ShotContext shot, ShotStage before, CorrectionKind kind, WindowsFile windows, String folder) {
    Session session = shot.session();
    String model = shot.plan().identity().inputs().model().path();
    return new TrainingWork(
        session.model(model, shot.run(), before.record(shot.shot())),
        kind == CorrectionKind.DISTILL ? session.model(model) : null,
        shot.run().path(),
        shot.shot(),
        shot.recipe(),
        windows,
        folder,
        session.settings());
  }

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
   * One of these files, relative to the run directory.
   *
   * @param name a name that nothing has
   */
  String path(String name) {
    return RunDirectory.inShot(shot, folder + name);
  }
}
