package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;

/**
 * How well the factors of a layer could be inverted in a shot.
 *
 * @param layer module name
 * @param factors {@code G}, then {@code A}; empty where nothing was to be inverted
 */
record LayerHealth(String layer, List<FactorHealth> factors) implements Serializable {
  LayerHealth {
    factors = List.copyOf(factors);
  }

  /**
   * For the report.
   *
   * @param shot from 1
   */
  List<PruningReport.Factor> rows(int shot) {
    return factors.stream().map(each -> row(shot, each)).toList();
  }

  private PruningReport.Factor row(int shot, FactorHealth each) {
    return new PruningReport.Factor(
        shot,
        layer,
        each.factor().substring(0, 1),
        each.size(),
        each.dead(),
        each.smallestDiagonal(),
        each.largestDiagonal(),
        each.trace(),
        each.condition(),
        each.damping(),
        each.retries());
  }
}
