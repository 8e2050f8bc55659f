package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.curvature.Damping;

/**
 * How a layer's factors are damped where units are costed.
 *
 * @param factors of inverses and updates, relative
 * @param columnCosts what is added at least to {@code G} in the costs of columns, in proportion to
 *     the mean of its diagonal. It ranks, and changes no update: how the columns that stay make up
 *     for those that go does not depend on {@code G}
 * @param most each element of {@code A}'s diagonal counts at most as this many times their median
 *     where it says how large damping is: a few massive activations, as most language models have
 *     in some MLP (Sun et al. 2024, arXiv 2402.17762), would else make it larger than what most
 *     neurons give
 */
public record UnitDamping(Damping factors, double columnCosts, double most) {
  /** Where all of the diagonal counts as it is. */
  public UnitDamping(Damping factors, double columnCosts) {
    this(factors, columnCosts, Double.POSITIVE_INFINITY);
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is negative or no number, or the bound is below 1
   */
  public UnitDamping {
    if (!(columnCosts >= 0 && most >= 1)) {
      throw new IllegalArgumentException(
          "damping of column costs " + columnCosts + ", at most " + most + " times the median");
    }
  }
}
