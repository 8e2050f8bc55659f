package org.llmsurgeon.surgery.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaptiveStepsTest {
  private static final AdaptiveSteps STEPS = new AdaptiveSteps(0.4, 40, List.of());

  private static AdaptiveSteps.Past past(
      double from, double target, double predicted, double measured) {
    return new AdaptiveSteps.Past(from, target, predicted, measured);
  }

  @Test
  void theFirstStepIsFourSmallestOnes() {
    assertThat(STEPS.next(List.of())).isCloseTo(0.04, within(1e-15));
  }

  @ParameterizedTest
  @CsvSource({
    "0.02, 0.03, 0.08",
    "0.02, 0.031, 0.04",
    "0.02, 0.059, 0.04",
    "0.02, 0.061, 0.02",
    "0.20, 0.10, 0.08",
    "0.20, 0.11, 0.04",
    "0.20, 0.20, 0.04",
    "0.20, 0.21, 0.02"
  })
  void theStepFollowsMeasuredOverPredicted(double predicted, double measured, double step) {
    double next = STEPS.next(List.of(past(0, 0.04, predicted, measured)));
    assertThat(next).isCloseTo(0.04 + step, within(1e-12));
  }

  @Test
  void aLossThatFellIsTrusted() {
    assertThat(STEPS.next(List.of(past(0, 0.04, 0.01, -0.02)))).isCloseTo(0.12, within(1e-12));
  }

  @Test
  void theLastAllowedShotTakesTheRest() {
    AdaptiveSteps steps = new AdaptiveSteps(0.4, 8, List.of());
    List<AdaptiveSteps.Past> done = List.of(past(0, 0.2, 0.01, 1));
    assertThat(steps.next(done)).isLessThan(0.4);
    assertThat(new AdaptiveSteps(0.4, 2, List.of()).next(done)).isEqualTo(0.4);
  }

  /** Four shots, three stops: they do not count, so no giant step follows. */
  @Test
  void stopsAreNoneOfTheShots() {
    AdaptiveSteps steps = new AdaptiveSteps(0.4, 4, List.of(0.05, 0.1, 0.15));
    List<AdaptiveSteps.Past> done = new ArrayList<>();
    for (double stop : steps.stops()) {
      assertThat(steps.next(done)).isEqualTo(stop);
      done.add(past(stop - 0.05, stop, 0.02, 0.06));
    }
    assertThat(steps.next(done)).isCloseTo(0.25, within(1e-12));
    done.add(past(0.15, 0.25, 0.02, 0.06));
    assertThat(steps.next(done)).isCloseTo(0.35, within(1e-12));
    done.add(past(0.25, 0.35, 0.02, 0.06));
    assertThat(steps.next(done)).isEqualTo(0.4);
  }

  @Test
  void afterAStopTheStepIsTheRulesOwn() {
    // The second step is 0.08; a stop ends it after 0.01 of them.
    AdaptiveSteps steps = new AdaptiveSteps(0.4, 40, List.of(0.05));
    AdaptiveSteps.Past first = past(0, 0.04, 0.02, 0.03);
    assertThat(steps.next(List.of(first))).isEqualTo(0.05);
    // 0.006 in an eighth of the step are 0.048 in all of it.
    assertThat(steps.next(List.of(first, past(0.04, 0.05, 0.005, 0.006))))
        .isCloseTo(0.05 + 0.16, within(1e-12));
    assertThat(steps.next(List.of(first, past(0.04, 0.05, 0.02, 0.02))))
        .isCloseTo(0.05 + 0.08, within(1e-12));
    assertThat(steps.next(List.of(first, past(0.04, 0.05, 0.02, 0.03))))
        .isCloseTo(0.05 + 0.04, within(1e-12));
  }

  @Test
  void whateverIsMeasuredTheEndIsReachedExactlyAndInTime() {
    Random random = new Random(3);
    for (int trial = 0; trial < 1000; trial++) {
      double sparsity = 0.01 + 0.99 * random.nextDouble();
      List<Double> stops = random.doubles(random.nextInt(5), 0, sparsity).sorted().boxed().toList();
      AdaptiveSteps steps = new AdaptiveSteps(sparsity, 1 + trial % 30, stops);
      List<AdaptiveSteps.Past> done = new ArrayList<>();
      double from = 0;
      while (done.isEmpty() || !steps.isLast(from)) {
        double next = steps.next(done);
        assertThat(next).isGreaterThan(from);
        done.add(past(from, next, 1, 6 * random.nextDouble()));
        from = next;
      }
      assertThat(from).isEqualTo(sparsity);
      assertThat(done.stream().map(AdaptiveSteps.Past::target)).containsAll(stops);
      assertThat(done.size()).isLessThanOrEqualTo(steps.most() + stops.size());
    }
  }
}
