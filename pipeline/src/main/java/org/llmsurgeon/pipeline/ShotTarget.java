package org.llmsurgeon.pipeline;

import org.llmsurgeon.surgery.AdaptiveSteps;

/**
 * Share of the weights that a shot aims at. Where shots are adaptive it follows from what the run
 * directory says of the shot before and from the calibration loss that this shot's accumulation has
 * found: so it is the same after a resume, and test text has no part in it.
 */
final class ShotTarget {
  private final ShotContext shot;

  /**
   * The target of a shot, whose factors are there.
   *
   * @param shot the shot
   */
  ShotTarget(ShotContext shot) {
    this.shot = shot;
  }

  /** The share. */
  double share() {
    double end = shot.plan().share();
    if (!shot.recipe().pace().adaptive()) {
      return shot.recipe().target(shot.shot(), end);
    }
    AdaptiveSteps steps = shot.recipe().adaptiveSteps(end);
    int last = shot.shot() - 1;
    if (last == 0) {
      return steps.first();
    }
    ShotLosses losses = new ShotLosses(shot.run(), shot.plan());
    AdaptiveSteps.Past past =
        new AdaptiveSteps.Past(
            last == 1 ? 0 : shot.selection(last - 1).target(),
            shot.selection(last).target(),
            losses.predicted(shot.selection(last)),
            losses.onCalibration(last));
    return steps.next(past, shot.shot());
  }
}
