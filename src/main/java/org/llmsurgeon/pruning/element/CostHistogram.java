package org.llmsurgeon.pruning.element;

import java.io.Serializable;
import java.util.Arrays;

/**
 * How many candidates lie in each bucket of a range of costs, and how many below it. Histograms of
 * the same range merge in any grouping; only buckets that hold something are kept. The arrays are
 * not copied, so not to be written.
 *
 * @param range the costs and their buckets
 * @param below candidates that cost less than the range
 * @param total candidates, those above the range counted too
 * @param buckets indices of the buckets that hold something, ascending
 * @param counts candidates in each of them
 */
public record CostHistogram(CostRange range, long below, long total, long[] buckets, long[] counts)
    implements Serializable {

  /**
   * Counts the candidates of a layer. Memory: at most a number per bucket, or, in an {@linkplain
   * CostRange#exact() exact} range, per candidate within it.
   *
   * @param costs costs of the layer's candidates
   * @param range which costs to count one by one
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite
   */
  public static CostHistogram of(CostMatrix costs, CostRange range) {
    Counter counter = new Counter(range);
    double[] row = new double[costs.columns()];
    for (int i = 0; i < costs.rows(); i++) {
      costs.read(i, row);
      for (double cost : row) {
        counter.add(cost);
      }
    }
    return counter.histogram(costs.candidates());
  }

  /** Candidates within the range. */
  public long within() {
    return Arrays.stream(counts).sum();
  }

  /**
   * How many candidates lie in a bucket.
   *
   * @param bucket its index
   */
  long count(long bucket) {
    int position = Arrays.binarySearch(buckets, bucket);
    return position < 0 ? 0 : counts[position];
  }

  /**
   * Both together.
   *
   * @param other a histogram of the same range
   */
  public CostHistogram merge(CostHistogram other) {
    if (!range.equals(other.range)) {
      throw new IllegalArgumentException(range + " and " + other.range + " cannot be merged");
    }
    long[] both = new long[buckets.length + other.buckets.length];
    long[] sums = new long[both.length];
    int filled = 0;
    int i = 0;
    int j = 0;
    while (i < buckets.length || j < other.buckets.length) {
      boolean mine =
          j == other.buckets.length || i < buckets.length && buckets[i] <= other.buckets[j];
      boolean theirs =
          i == buckets.length || j < other.buckets.length && other.buckets[j] <= buckets[i];
      both[filled] = mine ? buckets[i] : other.buckets[j];
      sums[filled++] = (mine ? counts[i++] : 0) + (theirs ? other.counts[j++] : 0);
    }
    return new CostHistogram(
        range,
        below + other.below,
        total + other.total,
        Arrays.copyOf(both, filled),
        Arrays.copyOf(sums, filled));
  }

  /** Counts in an array where the buckets are few, else gathers their indices. */
  private static final class Counter {
    private final CostRange range;
    private final long[] dense;
    private long[] gathered = new long[1024];
    private int filled;
    private long below;

    Counter(CostRange range) {
      this.range = range;
      this.dense = range.dense() ? new long[(int) range.buckets()] : null;
    }

    void add(double cost) {
      long bucket = range.bucketOf(cost);
      if (bucket < 0) {
        below++;
      } else if (bucket >= range.buckets()) {
        return;
      } else if (dense != null) {
        dense[(int) bucket]++;
      } else {
        if (filled == gathered.length) {
          gathered = Arrays.copyOf(gathered, Math.multiplyExact(2, filled));
        }
        gathered[filled++] = bucket;
      }
    }

    CostHistogram histogram(long total) {
      return dense == null ? ofGathered(total) : ofDense(total);
    }

    private CostHistogram ofDense(long total) {
      int used = (int) Arrays.stream(dense).filter(count -> count > 0).count();
      long[] buckets = new long[used];
      long[] counts = new long[used];
      int at = 0;
      for (int bucket = 0; bucket < dense.length; bucket++) {
        if (dense[bucket] > 0) {
          buckets[at] = bucket;
          counts[at++] = dense[bucket];
        }
      }
      return new CostHistogram(range, below, total, buckets, counts);
    }

    private CostHistogram ofGathered(long total) {
      Arrays.sort(gathered, 0, filled);
      long[] buckets = new long[filled];
      long[] counts = new long[filled];
      int used = 0;
      for (int i = 0; i < filled; i++) {
        if (used == 0 || buckets[used - 1] != gathered[i]) {
          buckets[used++] = gathered[i];
        }
        counts[used - 1]++;
      }
      return new CostHistogram(
          range, below, total, Arrays.copyOf(buckets, used), Arrays.copyOf(counts, used));
    }
  }
}
