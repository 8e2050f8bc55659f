package org.llmsurgeon.surgery.calibrate;

import org.llmsurgeon.compute.NonFiniteException;

/**
 * Sums one factor over shards, in double, and gives its mean over all tokens, in single precision.
 * Shards must be added in order: then the result does not depend on where they were made.
 */
public final class FactorSum {
  private final FactorKey key;
  private final double[] sum;
  private final long tokens;

  /**
   * An empty sum over a part of the packed triangle.
   *
   * @param key the factor
   * @param elements how many elements of its packed lower triangle are summed here
   * @param tokens tokens of all shards together
   */
  public FactorSum(FactorKey key, int elements, long tokens) {
    if (tokens <= 0) {
      throw new IllegalArgumentException(tokens + " tokens for " + key.label());
    }
    this.key = key;
    this.sum = new double[elements];
    this.tokens = tokens;
  }

  /**
   * Adds the same part of one more shard.
   *
   * @param part elements of the shard's packed sum
   */
  public void add(float[] part) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += part[i];
    }
  }

  /**
   * The means.
   *
   * @param target written: one element for each of this part
   * @throws NonFiniteException if one is not finite, naming layer and factor
   */
  public void mean(float[] target) {
    for (int i = 0; i < sum.length; i++) {
      target[i] = (float) (sum[i] / tokens);
      if (!Float.isFinite(target[i])) {
        throw new NonFiniteException(key.layer(), "mean of factor " + key.kind());
      }
    }
  }
}
