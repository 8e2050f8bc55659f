package org.llmsurgeon.pruning.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CostCountsTest {
  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  private static CostCounts of(double[] costs, double threshold) {
    CostCounts.Counter counter = new CostCounts.Counter();
    for (double cost : costs) {
      counter.add(cost, cost <= threshold, 1);
    }
    return counter.counts();
  }

  @Test
  void aBucketHoldsCostsFromAPowerOfTwoToTheNext() {
    CostCounts counts = of(new double[] {0, 1, 1.99, 2, 7.9, 8}, 2);
    assertThat(counts.first()).isZero();
    assertThat(counts.removed()).containsExactly(2L, 1L, 0L, 0L);
    assertThat(counts.kept()).containsExactly(0L, 0L, 1L, 1L);
    assertThat(counts.free()).isOne();
  }

  @Test
  void partsAddUpInAnyOrder() {
    Random random = new Random(1);
    List<Double> costs = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      costs.add(Math.exp(4 * random.nextGaussian()));
    }
    double[] all = costs.stream().mapToDouble(cost -> cost).toArray();
    CostCounts whole = of(all, 1);
    Collections.shuffle(costs, random);
    double[] first = costs.subList(0, 123).stream().mapToDouble(cost -> cost).toArray();
    double[] rest = costs.subList(123, 500).stream().mapToDouble(cost -> cost).toArray();
    assertThat(of(first, 1).plus(of(rest, 1))).isEqualTo(whole);
    assertThat(of(rest, 1).plus(of(first, 1))).isEqualTo(whole);
    assertThat(sum(whole.removed()) + sum(whole.kept())).isEqualTo(500);
  }

  /** What an earlier round took stays counted; what it left is costed anew. */
  @Test
  void roundsAddWhatGoes() {
    CostCounts both = of(new double[] {1, 4}, 1).then(of(new double[] {2, 8}, 2));
    assertThat(both.removed()).containsExactly(1L, 1L, 0L, 0L);
    assertThat(both.kept()).containsExactly(0L, 0L, 0L, 1L);
  }

  @Test
  void theNumberOfBucketsIsBounded() {
    CostCounts counts = of(new double[] {1e-300, 1e-200, 1e-10, 1, 1e10}, 1e-150);
    assertThat(counts.removed()).hasSize(CostCounts.BUCKETS);
    assertThat(counts.removed().get(0)).as("the cheapest are together").isEqualTo(2);
    assertThat(sum(counts.removed()) + sum(counts.kept())).isEqualTo(5);
  }

  @Test
  void nothingIsNothing() {
    assertThat(new CostCounts.Counter().counts())
        .isEqualTo(new CostCounts(0, List.of(), List.of(), 0));
  }
}
