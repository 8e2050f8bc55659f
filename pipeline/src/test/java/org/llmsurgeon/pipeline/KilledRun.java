package org.llmsurgeon.pipeline;

import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs of two shots in which something is killed. */
enum KilledRun {
  /** What every run does, the sums of the shards on the driver. */
  PLAIN(ReducePlace.DRIVER, Map.of()),
  /** The same, the sums in tasks. */
  SUMMED_IN_TASKS(ReducePlace.EXECUTORS, Map.of()),
  /**
   * Four steps of a correction after the first shot; after the second a refit, and twelve steps.
   */
  CORRECTED(
      ReducePlace.DRIVER,
      Map.of(
          "correct",
          "distill",
          "rank",
          3,
          "correct-share",
          0.5,
          "correct-epochs",
          2,
          "final-epochs",
          4,
          "reconstruct",
          true)),
  /** Five steps of a recovery after the second shot, each of three parts. */
  RECOVERED(
      ReducePlace.DRIVER, Map.of("recover", "distill", "recover-tokens", 250, "recover-batch", 5)),
  /** Three passes in the first shot and two in the second, which goes on from the first. */
  POWER_ITERATION(
      ReducePlace.EXECUTORS, Map.of("curvature", "nearest-kronecker", "curvature-passes", 1)),
  /** Two passes, and eigenvectors between them. */
  EIGENVALUES(ReducePlace.EXECUTORS, Map.of("structures", "row,column", "curvature", "ekfac"));

  private final ReducePlace reduce;
  private final Map<String, Object> options;

  KilledRun(ReducePlace reduce, Map<String, Object> options) {
    this.reduce = reduce;
    this.options = options;
  }

  /** Where the sums of the shards are added up. */
  ReducePlace reduce() {
    return reduce;
  }

  /** How models are pruned. */
  Recipe recipe() {
    Map<String, Object> all = new HashMap<>(ClusterDriver.OPTIONS);
    all.putAll(options);
    return Recipe.of(all);
  }
}
