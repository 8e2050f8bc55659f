package org.llmsurgeon.pruning.element;

import java.io.Serializable;

/**
 * How far the cheapest candidates of one layer go: all that cost less than the threshold, and some
 * of those that cost exactly as much, the first ones in row-major order.
 *
 * @param threshold cost at which the cut lies, at least 0
 * @param ties how many weights may go of candidates that cost exactly this
 */
public record CostCut(double threshold, long ties) implements Serializable {
  /** Nothing goes. */
  public static final CostCut NOTHING = new CostCut(0, 0);

  /** Checks both. */
  public CostCut {
    if (!(threshold >= 0) || ties < 0) {
      throw new IllegalArgumentException("threshold " + threshold + " and " + ties + " ties");
    }
  }

  /** A walk over a layer's candidates in row-major order. */
  public Walk walk() {
    return new Walk();
  }

  /** Says of one candidate after the other whether it goes. */
  public final class Walk {
    private long left = ties;

    private Walk() {}

    /**
     * Whether the next candidate goes.
     *
     * @param cost of it
     * @param weights that it takes
     */
    public boolean takes(double cost, int weights) {
      if (cost != threshold || weights > left) {
        return cost < threshold;
      }
      left -= weights;
      return true;
    }
  }
}
