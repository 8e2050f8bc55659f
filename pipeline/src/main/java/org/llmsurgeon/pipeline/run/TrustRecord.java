package org.llmsurgeon.pipeline.run;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A cut of a shot that was measured on calibration windows, and is kept or done again with less of
 * some layers.
 *
 * @param limits the most that might be gone of some layers, by name, beside the recipe's limits
 * @param growth of the loss with all layers cut, nats per token
 * @param parts that moved most, each cut alone
 * @param next limits of the next try; empty where all predictions hold
 */
public record TrustRecord(
    Map<String, Double> limits, double growth, List<Part> parts, Map<String, Double> next) {
  /** Copies all. */
  public TrustRecord {
    limits = new TreeMap<>(limits);
    parts = List.copyOf(parts);
    next = new TreeMap<>(next);
  }

  /**
   * A part of the model, cut alone.
   *
   * @param name a layer, or an attention or MLP of a block
   * @param share of its weights that went in this shot
   * @param predictedNats growth of the loss by the quadratic model
   * @param measuredNats growth of the loss
   * @param held whether it may go less far in the next try
   */
  public record Part(
      String name, double share, double predictedNats, double measuredNats, boolean held) {}

  /** Folder of a shot's tries, relative to the run directory, ended by a slash. */
  public static String folder(int shot) {
    return RunDirectory.inShot(shot, "trust/");
  }

  /**
   * Where a try is kept, relative to the run directory.
   *
   * @param shot from 1
   * @param round from 1
   */
  public static String path(int shot, int round) {
    return folder(shot) + String.format(Locale.ROOT, "round-%d.json", round);
  }
}
