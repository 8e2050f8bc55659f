package org.llmsurgeon.pipeline.cluster;

import java.util.Map;
import java.util.TreeMap;

/**
 * What there is to say of a finished shot in numbers.
 *
 * @param shot from 1
 * @param shots in the plan
 * @param sparsity share of the prunable weights that is gone
 * @param perplexity on the test text, or null
 * @param tokensPerSecond of calibration text, while the curvature was measured; null where it takes
 *     no data
 * @param seconds wall-clock time of its stages, by name
 */
public record ShotFigures(
    int shot,
    int shots,
    double sparsity,
    Double perplexity,
    Double tokensPerSecond,
    Map<String, Double> seconds) {
  /** Copies the map. */
  public ShotFigures {
    seconds = new TreeMap<>(seconds);
  }
}
