package org.llmsurgeon.pipeline;

import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.CurvatureRule;

/**
 * What a run of rows and columns is planned for.
 *
 * @param config the network; no weights are needed
 * @param weightBytes bytes of one stored weight, 2 or 4
 * @param curvature what is gathered
 * @param windows calibration windows
 * @param context tokens of a window
 * @param testWindows test windows, of the same length
 * @param shards groups of calibration windows that are summed as one
 * @param shots steps
 * @param sparsity share of the weights that is gone at the end
 */
public record Workload(
    ModelConfig config,
    int weightBytes,
    CurvatureRule curvature,
    int windows,
    int context,
    int testWindows,
    int shards,
    int shots,
    double sparsity) {
  /** Calibration tokens. */
  long tokens() {
    return (long) windows * context;
  }

  /** Test tokens. */
  long testTokens() {
    return (long) testWindows * context;
  }
}
