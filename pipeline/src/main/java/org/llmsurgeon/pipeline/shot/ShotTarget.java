package org.llmsurgeon.pipeline.shot;

import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;
import org.llmsurgeon.surgery.recipe.AdaptiveSteps;

/**
 * Share of the weights that a shot aims at. Where shots are adaptive it follows from what the run
 * directory says of the shots before and from the calibration losses that their accumulations and
 * this one have found: so it is the same after a resume, and test text has no part in it.
 */
public final class ShotTarget {
  private final ShotContext shot;

  /**
   * The target of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  public ShotTarget(ShotContext shot) {
    this.shot = shot;
  }

  /** The share. */
  public double share() {
    double end = shot.plan().share();
    if (!shot.recipe().pace().adaptive()) {
      return shot.recipe().target(shot.shot(), end);
    }
    ShotLosses losses = new ShotLosses(shot.run(), shot.plan(), shot.config().objective());
    List<AdaptiveSteps.Past> done = new ArrayList<>();
    double from = 0;
    for (int earlier = 1; earlier < shot.shot(); earlier++) {
      ShotManifest cut = shot.run().required(RunDirectory.manifest(earlier), ShotManifest.class);
      double target = cut.removal().target();
      done.add(
          new AdaptiveSteps.Past(
              from, target, losses.predicted(cut), losses.onCalibration(earlier)));
      from = target;
    }
    return shot.recipe().adaptiveSteps(end).next(done);
  }
}
