package org.llmsurgeon.pipeline;

import java.util.List;
import org.llmsurgeon.surgery.Shard;

/**
 * What a run will do, fixed before it starts. Shards are in the plan so that the sums, and so the
 * result, do not depend on how many machines there are.
 *
 * @param format version of the run directory's layout
 * @param identity what decides the result
 * @param calibration the calibration windows
 * @param test the test windows, or null for none
 * @param shards groups of calibration windows that are accumulated as one
 * @param groups ranges of factors that one task gathers at a time
 * @param tokeniseSeconds time it took to make the windows
 */
record RunPlan(
    int format,
    RunIdentity identity,
    WindowsFile calibration,
    WindowsFile test,
    List<Shard> shards,
    List<FactorGroup> groups,
    double tokeniseSeconds) {
  /** The layout that this program writes. */
  static final int FORMAT = 1;

  /**
   * The same plan for inputs that lie elsewhere now.
   *
   * @param moved an equal identity with the paths of today
   */
  RunPlan with(RunIdentity moved) {
    return new RunPlan(format, moved, calibration, test, shards, groups, tokeniseSeconds);
  }

  /** Shots of the recipe. */
  int shots() {
    return ((Number) identity.recipe().get("shots")).intValue();
  }
}
