package org.llmsurgeon.pruning.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How many structures of a kind cost how much, those that go in a shot and those that stay, in
 * buckets of a factor of two. Bounded whatever the model: what costs less than the {@value
 * #BUCKETS} highest buckets is counted in the lowest of them. The same structures give the same
 * counts in any order.
 *
 * @param first bucket {@code i} holds costs from {@code 2^(first + i)} on, below twice that
 * @param removed how many go, bucket by bucket
 * @param kept how many stay
 * @param free how many go at no cost; those that were gone before count where they are costed
 */
public record CostCounts(int first, List<Long> removed, List<Long> kept, long free) {
  /** Most buckets that are kept apart. */
  public static final int BUCKETS = 64;

  /** Copies the lists. */
  public CostCounts {
    removed = List.copyOf(removed);
    kept = List.copyOf(kept);
    if (removed.size() != kept.size() || removed.size() > BUCKETS) {
      throw new IllegalArgumentException(removed.size() + " and " + kept.size() + " buckets");
    }
  }

  /** All that go and stay: of several parts the sum. */
  public CostCounts plus(CostCounts other) {
    Counter sum = new Counter();
    sum.add(this, true);
    sum.add(other, true);
    return sum.counts();
  }

  /** Those that go here and there, and those that stay there: a round and a later one. */
  public CostCounts then(CostCounts later) {
    Counter sum = new Counter();
    sum.add(this, false);
    sum.add(later, true);
    return sum.counts();
  }

  /** Counts structures one by one, in any order. */
  public static final class Counter {
    private final TreeMap<Integer, long[]> buckets = new TreeMap<>();
    private long free;

    /**
     * Counts some.
     *
     * @param cost of each, at least 0 and finite
     * @param goes whether they go
     * @param count how many
     */
    public void add(double cost, boolean goes, long count) {
      if (cost < Double.MIN_NORMAL) {
        free += goes ? count : 0;
      } else if (count > 0) {
        add(Math.getExponent(cost), goes, count);
      }
    }

    private void add(int bucket, boolean goes, long count) {
      buckets.computeIfAbsent(bucket, exponent -> new long[2])[goes ? 0 : 1] += count;
    }

    private void add(CostCounts counts, boolean alsoKept) {
      free += counts.free;
      for (int i = 0; i < counts.removed.size(); i++) {
        add(counts.first + i, true, counts.removed.get(i));
        add(counts.first + i, false, alsoKept ? counts.kept.get(i) : 0);
      }
    }

    /** What was counted. */
    public CostCounts counts() {
      buckets.values().removeIf(each -> each[0] + each[1] == 0);
      if (buckets.isEmpty()) {
        return new CostCounts(0, List.of(), List.of(), free);
      }
      int least = buckets.firstKey();
      int most = buckets.lastKey();
      int first = Math.max(least, most - BUCKETS + 1);
      long[][] counts = new long[2][most - first + 1];
      buckets.forEach(
          (bucket, each) -> {
            int place = Math.max(0, bucket - first);
            counts[0][place] += each[0];
            counts[1][place] += each[1];
          });
      return new CostCounts(first, list(counts[0]), list(counts[1]), free);
    }

    private static List<Long> list(long[] values) {
      List<Long> list = new ArrayList<>(values.length);
      for (long value : values) {
        list.add(value);
      }
      return list;
    }
  }
}
