package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What a run is planned for.
 *
 * @param config the network; no weights are needed
 * @param weightBytes bytes of one stored weight, 2 or 4
 * @param recipe how to prune
 * @param share share of the weights of the linear layers that is gone at the end
 * @param windows calibration windows
 * @param context tokens of a window
 * @param testWindows test windows, of the same length
 * @param shards groups of calibration windows that are summed as one
 */
public record Workload(
    ModelConfig config,
    int weightBytes,
    Recipe recipe,
    double share,
    int windows,
    int context,
    int testWindows,
    int shards) {
  /**
   * The same, summed in other groups.
   *
   * @param count groups of calibration windows
   */
  public Workload withShards(int count) {
    return new Workload(config, weightBytes, recipe, share, windows, context, testWindows, count);
  }

  /** Shots; where they are adaptive, the most there may be. */
  public int shots() {
    return recipe.shots();
  }

  /** What is gathered. */
  public CurvatureRule curvature() {
    return recipe.curvature();
  }

  /** Whether the layers of a group are worked on together. */
  public boolean inGroups() {
    return recipe.selection().kind() != SelectionKind.SINGLE;
  }

  /** Whether single weights or N:M groups go. */
  public boolean sparse() {
    return recipe.structures().sparse();
  }

  /** Whether the curvature of a layer is one product, so that its factors are inverted. */
  boolean ofOneProduct() {
    CurvatureKind kind = curvature().kind();
    return kind != CurvatureKind.EKFAC && kind != CurvatureKind.KRONECKER_SUM;
  }

  /** Calibration tokens. */
  public long tokens() {
    return (long) windows * context;
  }

  /** Test tokens. */
  public long testTokens() {
    return (long) testWindows * context;
  }
}
