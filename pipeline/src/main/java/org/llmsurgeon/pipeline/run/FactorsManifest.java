package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;

/**
 * The mean factors of a shot; that it exists says that all are there.
 *
 * @param size data that the means are over
 * @param calibrationLoss mean cross-entropy of the calibration windows, nats; null where none was
 *     computed
 * @param factors all factors of the model, in order; none for a curvature without data
 * @param accumulateSeconds time of the passes over the data
 * @param reduceSeconds time of the summing
 */
public record FactorsManifest(
    CalibrationSize size,
    Double calibrationLoss,
    List<Factor> factors,
    double accumulateSeconds,
    double reduceSeconds) {
  /** Copies the lists. */
  public FactorsManifest {
    factors = List.copyOf(factors);
  }

  /** None. */
  public static final FactorsManifest NONE =
      new FactorsManifest(CalibrationSize.NONE, null, List.of(), 0, 0);

  /**
   * These factors with those of one more pass, which take the place of their namesakes.
   *
   * @param pass what it gave
   */
  public FactorsManifest and(FactorsManifest pass) {
    Map<FactorKey, Factor> all = new LinkedHashMap<>();
    factors.forEach(factor -> all.put(factor.key(), factor));
    pass.factors.forEach(factor -> all.put(factor.key(), factor));
    return new FactorsManifest(
        pass.size,
        pass.calibrationLoss == null ? calibrationLoss : pass.calibrationLoss,
        List.copyOf(all.values()),
        accumulateSeconds + pass.accumulateSeconds,
        reduceSeconds + pass.reduceSeconds);
  }

  /**
   * Some of these factors.
   *
   * @param keys which ones, in order
   */
  public FactorsManifest only(List<FactorKey> keys) {
    Map<FactorKey, Factor> all = new HashMap<>();
    factors.forEach(factor -> all.put(factor.key(), factor));
    return new FactorsManifest(
        size,
        calibrationLoss,
        keys.stream().map(all::get).toList(),
        accumulateSeconds,
        reduceSeconds);
  }

  /** The same before anything was done for them: what a shot goes on from. */
  public FactorsManifest untimed() {
    return new FactorsManifest(size, null, factors, 0, 0);
  }

  /**
   * The factors after a pass that is not the last, relative.
   *
   * @param shot from 1
   * @param pass its index
   */
  public static String path(int shot, int pass) {
    return RunDirectory.inShot(shot, String.format(Locale.ROOT, "pass-%02d.json", pass));
  }

  /** Where that is kept what a baseline looks at, relative. */
  public static String ofBaseline(int shot) {
    return RunDirectory.inShot(shot, "baseline.json");
  }

  /** Its place in the run directory, relative. */
  public static String path(int shot) {
    return ShotStage.REDUCE.record(shot);
  }

  /**
   * One factor.
   *
   * @param key which one
   * @param path safetensors file, relative to the run directory
   */
  public record Factor(FactorKey key, String path) implements Serializable {}
}
