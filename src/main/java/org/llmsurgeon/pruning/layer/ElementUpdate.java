package org.llmsurgeon.pruning.layer;

/**
 * How the weights that stay make up for single weights that go, of N:M groups too (method, section
 * 4). A closed choice.
 */
public sealed interface ElementUpdate {
  /** Nothing else changes. */
  record None() implements ElementUpdate {}

  /**
   * All removed weights of a layer jointly, by preconditioned conjugate gradients: the exact
   * optimum up to the tolerance (ours). The starting point, and with it every step, removes what is
   * to be removed; so a result that stopped early is only less well compensated, and says so.
   *
   * @param tolerance norm of the residual, relative to that at the start, at which it stops
   * @param gain it stops too where the last five steps together lowered the cost by less than this
   *     share of it; 0 for a residual alone
   * @param mostSteps steps after which it stops in any case; each is four products of the layer's
   *     size
   */
  record Full(double tolerance, double gain, int mostSteps) implements ElementUpdate {
    /**
     * To a cost about 0.1 % above the optimum, which takes layers of small models 10 to 100 steps.
     */
    public static final Full DEFAULT = new Full(1e-4, 5e-4, 200);

    /** Checks all. */
    public Full {
      if (!(tolerance >= 0) || !(gain >= 0) || mostSteps < 0) {
        throw new IllegalArgumentException(tolerance + ", " + gain + " in " + mostSteps);
      }
    }
  }

  /**
   * Groups of removed weights, one group after the other, as in the paper. Groups are whole rows
   * where they fit, in row-major order; a row with more removed weights is cut. Exact where one
   * group holds everything.
   *
   * @param mostCorrelated removed weights of a group at most; time and memory of a group grow with
   *     its third and second power
   * @param addUpdates whether a group sees the updates of the groups before it
   */
  record Grouped(int mostCorrelated, boolean addUpdates) implements ElementUpdate {
    /** Checks the size. */
    public Grouped {
      if (mostCorrelated < 1) {
        throw new IllegalArgumentException("groups of " + mostCorrelated);
      }
    }
  }
}
