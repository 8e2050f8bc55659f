package org.llmsurgeon.surgery.operate;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.pruning.layer.StructureCosts;

/**
 * What a layer's score task finds out.
 *
 * @param costs of its rows and columns
 * @param factors how well {@code G} and {@code A} could be inverted
 */
public record LayerScore(StructureCosts costs, List<FactorHealth> factors) implements Serializable {
  /** Copies the list. */
  public LayerScore {
    factors = List.copyOf(factors);
  }
}
