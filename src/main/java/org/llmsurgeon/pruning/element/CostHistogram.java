package org.llmsurgeon.pruning.element;

import java.io.Serializable;
import java.util.Arrays;
import org.llmsurgeon.pruning.structure.CostCounts;

/**
 * How many weights go with the candidates in each bucket of a range of costs, and with those below
 * it; what is gone already is in none. Histograms of the same range merge in any grouping; only
 * buckets that hold something are kept. The arrays are not copied, so not to be written.
 *
 * @param range the costs and their buckets
 * @param gone weights that are gone already
 * @param below weights of candidates that cost less than the range
 * @param total weights of all candidates, those that are gone and those above the range too
 * @param buckets indices of the buckets that hold something, ascending
 * @param counts weights of the candidates in each of them
 */
public record CostHistogram(
    CostRange range, long gone, long below, long total, long[] buckets, long[] counts)
    implements Serializable {
  /**
   * Of no candidates.
   *
   * @param range the costs and their buckets
   */
  public static CostHistogram none(CostRange range) {
    return new CostHistogram(range, 0, 0, 0, new long[0], new long[0]);
  }

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
    int[] weights = new int[costs.columns()];
    for (int i = 0; i < costs.rows(); i++) {
      costs.read(i, row, weights);
      for (int column = 0; column < row.length; column++) {
        counter.add(row[column], weights[column]);
      }
    }
    return counter.histogram(costs.weights());
  }

  /** Weights of the candidates within the range. */
  public long within() {
    return Arrays.stream(counts).sum();
  }

  /**
   * How many weights go with the candidates in a bucket.
   *
   * @param bucket its index
   */
  long count(long bucket) {
    int position = Arrays.binarySearch(buckets, bucket);
    return position < 0 ? 0 : counts[position];
  }

  /**
   * Counts the candidates by cost, those that go and those that stay. A bucket that holds the
   * threshold is split by its place in it: 32 of them make one of {@link CostCounts}, so that is
   * all that is not exact.
   *
   * @param counter where to
   * @param cut what goes
   */
  public void count(CostCounts.Counter counter, CostCut cut) {
    for (int i = 0; i < buckets.length; i++) {
      double from = range.cost(buckets[i]);
      double to = range.cost(buckets[i] + 1);
      double share = (cut.threshold() - from) / (to - from);
      long goes = Math.round(counts[i] * Math.min(1, Math.max(0, share)));
      counter.add(from, true, goes);
      counter.add(from, false, counts[i] - goes);
    }
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
        gone + other.gone,
        below + other.below,
        total + other.total,
        Arrays.copyOf(both, filled),
        Arrays.copyOf(sums, filled));
  }

  /** Counts in an array where the buckets are few, else gathers their indices, one a weight. */
  private static final class Counter {
    private final CostRange range;
    private final long[] dense;
    private long[] gathered = new long[1024];
    private int filled;
    private long below;
    private long open;

    Counter(CostRange range) {
      this.range = range;
      this.dense = range.dense() ? new long[(int) range.buckets()] : null;
    }

    void add(double cost, int weights) {
      open += weights;
      long bucket = range.bucketOf(cost);
      if (bucket < 0) {
        below += weights;
      } else if (bucket >= range.buckets()) {
        return;
      } else if (dense != null) {
        dense[(int) bucket] += weights;
      } else {
        gather(bucket, weights);
      }
    }

    private void gather(long bucket, int weights) {
      if (filled + weights > gathered.length) {
        int needed = Math.addExact(filled, weights);
        gathered = Arrays.copyOf(gathered, Math.max(needed, Math.multiplyExact(2, filled)));
      }
      Arrays.fill(gathered, filled, filled + weights, bucket);
      filled += weights;
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
      return new CostHistogram(range, total - open, below, total, buckets, counts);
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
          range,
          total - open,
          below,
          total,
          Arrays.copyOf(buckets, used),
          Arrays.copyOf(counts, used));
    }
  }
}
