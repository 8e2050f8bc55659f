package org.llmsurgeon.surgery.shot;

import java.io.Serializable;
import java.util.List;
import org.llmsurgeon.curvature.FactorHealth;

/**
 * How well the factors of a layer could be inverted in a shot.
 *
 * @param layer module name
 * @param factors {@code G}, then {@code A}; empty where nothing was to be inverted
 */
public record LayerHealth(String layer, List<FactorHealth> factors) implements Serializable {
  /** Copies the list. */
  public LayerHealth {
    factors = List.copyOf(factors);
  }
}
