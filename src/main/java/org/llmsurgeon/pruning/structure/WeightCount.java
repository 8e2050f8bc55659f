package org.llmsurgeon.pruning.structure;

/** How many weights a share of them is. */
public final class WeightCount {
  private WeightCount() {}

  /**
   * The most weights that do not exceed a share, by the number as it is written: 0.29 of 100 are 29
   * although {@code 0.29 * 100 < 29} in floating point. A share that was computed, as the target of
   * a shot, is off by a rounding or two, and so is the product.
   *
   * @param share in [0, 1]
   * @param weights how many there are
   */
  public static long atMost(double share, long weights) {
    double product = share * weights;
    return Math.min(weights, (long) Math.floor(product + 2 * Math.ulp(product)));
  }
}
