package org.llmsurgeon.pipeline.run;

import java.util.List;
import org.llmsurgeon.surgery.calibrate.Shard;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What a run will do, fixed before it starts. Shards are in the plan so that the sums, and so the
 * result, do not depend on how many machines there are.
 *
 * @param format version of the run directory's layout
 * @param identity what decides the result
 * @param share of the prunable weights that is gone at the end
 * @param windows which tokens are read
 * @param shards groups of calibration windows that are accumulated as one
 * @param tokeniseSeconds time it took to make the windows
 */
public record RunPlan(
    int format,
    RunIdentity identity,
    double share,
    Windows windows,
    List<Shard> shards,
    double tokeniseSeconds) {
  /** The layout that this program writes. */
  public static final int FORMAT = 12;

  /**
   * The windows of a run.
   *
   * @param calibration the calibration windows; where each shot has its own, those of the first
   * @param fresh calibration windows of the second shot and those after it; empty where all shots
   *     have the same
   * @param recovery windows of the recovery after the last shot; null where there is none
   * @param test the test windows, or null for none
   */
  public record Windows(
      WindowsFile calibration, List<WindowsFile> fresh, WindowsFile recovery, WindowsFile test) {
    /** Copies the list. */
    public Windows {
      fresh = List.copyOf(fresh);
    }
  }

  /** How to prune. */
  public Recipe recipe() {
    return identity.recipe();
  }

  /** Whether the test windows are the end of the calibration text. */
  public boolean testIsHeldOut() {
    return windows.test() != null && identity.inputs().test().isEmpty();
  }

  /**
   * The calibration windows of a shot.
   *
   * @param shot from 1
   */
  public WindowsFile calibration(int shot) {
    return shot == 1 || windows.fresh().isEmpty()
        ? windows.calibration()
        : windows.fresh().get(shot - 2);
  }

  /**
   * The same plan for inputs that lie elsewhere now.
   *
   * @param moved an equal identity with the paths of today
   */
  public RunPlan with(RunIdentity moved) {
    return with(moved, share);
  }

  /**
   * A plan of another recipe on the same windows.
   *
   * @param other what decides its result
   * @param until share of the prunable weights that is gone at its end
   */
  public RunPlan with(RunIdentity other, double until) {
    return new RunPlan(format, other, until, windows, shards, tokeniseSeconds);
  }

  /**
   * The same plan with other windows to train on after the last shot.
   *
   * @param trained null for none
   */
  public RunPlan recoveredOn(WindowsFile trained) {
    Windows all = new Windows(windows.calibration(), windows.fresh(), trained, windows.test());
    return new RunPlan(format, identity, share, all, shards, tokeniseSeconds);
  }

  /**
   * Whether a shot is the last one.
   *
   * @param shot from 1
   * @param target share of the weights that was to be gone after it
   */
  public boolean isLast(int shot, double target) {
    Recipe recipe = recipe();
    return shot == recipe.shots()
        || recipe.pace().adaptive() && recipe.adaptiveSteps(share).isLast(target);
  }

  /** Shots; where they are adaptive, the most there may be. */
  public int shots() {
    return recipe().shots();
  }
}
