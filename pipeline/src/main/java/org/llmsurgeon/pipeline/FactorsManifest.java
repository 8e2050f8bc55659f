package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.surgery.FactorKey;

/**
 * The mean factors of a shot; that it exists says that all are there.
 *
 * @param tokens tokens that the means are over
 * @param calibrationLoss mean cross-entropy of the calibration windows, nats; null where none was
 *     computed
 * @param factors all factors of the model, in order; none for a curvature without data
 * @param accumulateSeconds time of the passes over the data
 * @param reduceSeconds time of the summing
 */
record FactorsManifest(
    long tokens,
    Double calibrationLoss,
    List<Factor> factors,
    double accumulateSeconds,
    double reduceSeconds) {
  FactorsManifest {
    factors = List.copyOf(factors);
  }

  /** Its place in the run directory, relative. */
  static String path(int shot) {
    return RunDirectory.inShot(shot, "factors.json");
  }

  /**
   * One factor.
   *
   * @param key which one
   * @param path Arrow file, relative to the run directory
   */
  record Factor(FactorKey key, String path) implements Serializable {}
}
