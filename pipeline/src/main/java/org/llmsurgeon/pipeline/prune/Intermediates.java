package org.llmsurgeon.pipeline.prune;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.pipeline.run.ShotStage;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What shots leave in a run directory and no later step reads. */
final class Intermediates {
  private final RunDirectory run;
  private final Recipe recipe;
  private final int kept;

  /**
   * Those of a run.
   *
   * @param run run directory
   * @param recipe how it prunes
   * @param kept the last shot whose factors other runs need; 0 for none
   */
  Intermediates(RunDirectory run, Recipe recipe, int kept) {
    this.run = run;
    this.recipe = recipe;
    this.kept = kept;
  }

  /**
   * Deletes the sums of a shot, its factors unless the next shot goes on from them, its weights
   * before a correction, and the weights of the shot before.
   *
   * @param shot a committed shot, from 1
   */
  void deleteAfter(int shot) {
    List<FactorPass> next = FactorPlan.passes(recipe.curvature(), shot + 1);
    boolean goesOn = !next.isEmpty() && next.get(0).index() > 0;
    int read = goesOn ? shot - 1 : shot;
    run.delete(ShotStage.ACCUMULATE.folder(shot));
    deleteFactors(read);
    run.delete(ShotStage.CUT.folder(shot - 1));
    run.delete(ShotStage.CORRECT.folder(shot - 1));
    if (recipe.correction().isWanted() || recipe.recovery().isWanted()) {
      ShotManifest manifest = run.required(RunDirectory.manifest(shot), ShotManifest.class);
      Set<String> named =
          manifest.layers().stream().map(LayerFile::path).collect(Collectors.toSet());
      run.deleteExcept(ShotStage.CUT.file(shot, ""), named);
      run.deleteExcept(ShotStage.RECONSTRUCT.file(shot, ""), named);
      run.deleteExcept(ShotStage.CORRECT.file(shot, ""), named);
    }
  }

  /** Deletes the factors of a shot from which none goes on. */
  void deleteFactors(int shot) {
    if (shot > kept) {
      run.delete(ShotStage.REDUCE.folder(shot));
    }
  }
}
