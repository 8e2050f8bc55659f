package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaptiveStepsTest {
  private static final AdaptiveSteps STEPS = new AdaptiveSteps(0.4, 40);

  @Test
  void theFirstStepIsFourSmallestOnes() {
    assertThat(STEPS.first()).isCloseTo(0.04, within(1e-15));
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
    double next = STEPS.next(new AdaptiveSteps.Past(0.1, 0.14, predicted, measured), 3);
    assertThat(next).isCloseTo(0.14 + step, within(1e-12));
  }

  @Test
  void aLossThatFellIsTrusted() {
    assertThat(STEPS.next(new AdaptiveSteps.Past(0, 0.04, 0.01, -0.02), 2))
        .isCloseTo(0.12, within(1e-12));
  }

  @Test
  void theLastAllowedShotTakesTheRest() {
    assertThat(STEPS.next(new AdaptiveSteps.Past(0, 0.04, 0.01, 1), 40)).isEqualTo(0.4);
  }

  @Test
  void aStepEndsAtAStopAndStopsAddAtMostThemselvesToTheShots() {
    AdaptiveSteps steps = new AdaptiveSteps(0.4, 10, List.of(0.1, 0.3));
    assertThat(steps.first()).isEqualTo(0.1);
    assertThat(steps.next(new AdaptiveSteps.Past(0, 0.1, 1, 0.01), 2)).isEqualTo(0.3);
    assertThat(steps.next(new AdaptiveSteps.Past(0.1, 0.2, 1, 9), 10)).isEqualTo(0.3);
    assertThat(steps.next(new AdaptiveSteps.Past(0.2, 0.3, 1, 9), 11)).isEqualTo(0.4);
  }

  @Test
  void whateverIsMeasuredTheEndIsReachedExactlyAndInTime() {
    Random random = new Random(3);
    for (int trial = 0; trial < 200; trial++) {
      AdaptiveSteps steps = new AdaptiveSteps(0.01 + 0.99 * random.nextDouble(), 1 + trial % 30);
      double from = 0;
      double target = steps.first();
      int shot = 1;
      while (!steps.isLast(target)) {
        shot++;
        double next =
            steps.next(new AdaptiveSteps.Past(from, target, 1, 6 * random.nextDouble()), shot);
        assertThat(next).isGreaterThan(target);
        from = target;
        target = next;
      }
      assertThat(target).isEqualTo(steps.sparsity());
      assertThat(shot).isLessThanOrEqualTo(steps.most());
    }
  }
}
