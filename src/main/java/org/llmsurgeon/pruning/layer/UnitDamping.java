package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.curvature.Damping;

/**
 * How a layer's factors are damped where units are costed.
 *
 * @param factors of inverses and updates, relative
 * @param columnCosts what is added at least to {@code G} in the costs of columns, in proportion to
 *     the mean of its diagonal. It ranks, and changes no update: how the columns that stay make up
 *     for those that go does not depend on {@code G}
 */
public record UnitDamping(Damping factors, double columnCosts) {
  /**
   * Checks the share.
   *
   * @throws IllegalArgumentException if it is negative or no number
   */
  public UnitDamping {
    if (!(columnCosts >= 0)) {
      throw new IllegalArgumentException("damping of column costs " + columnCosts);
    }
  }
}
