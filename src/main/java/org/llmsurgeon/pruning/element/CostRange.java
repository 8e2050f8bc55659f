package org.llmsurgeon.pruning.element;

import java.io.Serializable;

/**
 * A range of costs, cut into buckets by the bits of the number: non-negative doubles are ordered as
 * their bits are, so buckets of equally many bit patterns are log-spaced, and a bucket of one
 * pattern is a single cost. Bucket {@code i} holds the costs whose bits are in {@code [first + i
 * 2^bucket, first + (i + 1) 2^bucket)}.
 *
 * @param first bits of the smallest cost
 * @param width log2 of the bit patterns of the range
 * @param bucket log2 of the bit patterns of a bucket
 */
public record CostRange(long first, int width, int bucket) implements Serializable {
  /** Every cost: 32 buckets for each power of two. */
  public static final CostRange ALL = new CostRange(0, 63, 47);

  /** log2 of the most buckets that are counted in an array. */
  private static final int MOST_BUCKETS = 16;

  /** Costs that are few enough to count each by itself. */
  private static final long FEW = 1 << 20;

  /** Checks the widths. */
  public CostRange {
    if (first < 0 || bucket < 0 || width < bucket || width > 63) {
      throw new IllegalArgumentException("costs from " + first + ": " + width + ", " + bucket);
    }
  }

  /** Whether every bucket is a single cost. */
  public boolean exact() {
    return bucket == 0;
  }

  /**
   * The range of one bucket, cut into finer ones; into single costs where there are few.
   *
   * @param index which bucket
   * @param count how many costs lie in it
   */
  CostRange within(long index, long count) {
    return new CostRange(
        first + (index << bucket), bucket, count <= FEW ? 0 : Math.max(0, bucket - MOST_BUCKETS));
  }

  /** Whether all buckets fit an array. */
  boolean dense() {
    return width - bucket <= MOST_BUCKETS;
  }

  /** Number of buckets. */
  long buckets() {
    return 1L << (width - bucket);
  }

  /** Bucket of a cost: negative if it lies below the range, {@link #buckets} or more if above. */
  long bucketOf(double cost) {
    return (Double.doubleToRawLongBits(cost) - first) >> bucket;
  }

  /** Smallest cost of a bucket. */
  double cost(long index) {
    return Double.longBitsToDouble(first + (index << bucket));
  }
}
