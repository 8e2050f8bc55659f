package org.llmsurgeon.surgery.choose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pruning.path.Path;

/** Rank correlations and choices of units whose costs are written down. */
class HalvesCheckTest {
  /** Costs of units 0, 1, 2... of ten weights each, as a round gives them: the cheapest first. */
  private static Path path(double... costs) {
    int[] order =
        IntStream.range(0, costs.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> costs[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] sorted = Arrays.stream(order).mapToDouble(i -> costs[i]).toArray();
    double[] levels = Arrays.stream(sorted).map(cost -> cost / 10).toArray();
    return new Path(order, new byte[costs.length], levels, sorted, true);
  }

  @Test
  void theSameOrderIsACorrelationOfOneAndCostsNothingMore() {
    HalvesCheck check = HalvesCheck.of(List.of(path(1, 2, 3, 4)), List.of(path(2, 5, 7, 8)), 0.5);
    assertThat(check).isEqualTo(new HalvesCheck(1, 0, 4));
    assertThat(check.wantsMore()).isFalse();
  }

  @Test
  void theCorrelationIsOfRanksOverAllGroups() {
    // Ranks 0 1 2 3 and 1 0 2 3: 1 - 6 (1 + 1) / (4 (16 - 1)) = 0.8.
    HalvesCheck check =
        HalvesCheck.of(List.of(path(1, 2), path(30, 400)), List.of(path(8, 5), path(9, 10)), 0.25);
    assertThat(check.rankCorrelation()).isCloseTo(0.8, within(1e-12));
    // One unit goes. The first half takes unit 0, which costs 8 by the second, whose best costs 5;
    // the second takes unit 1, which costs 2 by the first, whose best costs 1.
    assertThat(check.excess()).isCloseTo((8 / 5.0 - 1 + 2 / 1.0 - 1) / 2, within(1e-12));
    assertThat(check.wantsMore()).isTrue();
  }

  @Test
  void ofTheLastUnitOnlyThePartCountsThatIsWanted() {
    // Fifteen weights of forty: a unit and a half.
    HalvesCheck check = HalvesCheck.of(List.of(path(1, 2, 3, 4)), List.of(path(4, 3, 2, 1)), 0.375);
    assertThat(check.excess()).isCloseTo((4 + 1.5) / (1 + 1.0) - 1, within(1e-12));
    assertThat(check.rankCorrelation()).isEqualTo(-1);
  }

  @Test
  void whatIsDeadInEitherHalfIsNotCompared() {
    HalvesCheck check = HalvesCheck.of(List.of(path(0, 2, 3)), List.of(path(1, 0, 3)), 0.5);
    assertThat(check.units()).isEqualTo(1);
    assertThat(check.excess()).isZero();
  }
}
