package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks of many tensors, told at once or later. */
interface FiniteContract extends DeviceUnderTest {
  private static FiniteChecks.Failure failure(String tensor) {
    return element -> new IllegalStateException(tensor + " at " + element);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void theFirstThatIsNotFiniteIsTold(Precision precision) {
    double[] spoilt = new double[70_000];
    spoilt[69_998] = Double.NaN;
    spoilt[69_999] = Double.NEGATIVE_INFINITY;
    try (Workspace work = workspace(precision);
        FiniteChecks checks = device().finiteChecks()) {
      Tensor fine = work.tensor(1, 3, 1, -2, 3e38);
      Tensor late = work.tensor(7, 10_000, spoilt);
      Tensor early = work.tensor(2, 2, Double.POSITIVE_INFINITY, 1, 2, 3);
      assertThatIllegalStateException()
          .isThrownBy(
              () -> {
                checks.check(fine, failure("fine"));
                checks.check(late, failure("late"));
                checks.check(early, failure("early"));
                checks.settle();
              })
          .withMessage("late at 69998");
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void aTensorCountsAsItWasWhenItWasChecked(Precision precision) {
    try (Workspace work = workspace(precision);
        FiniteChecks checks = device().finiteChecks()) {
      Tensor x = work.tensor(1, 2, 1, 2);
      assertThatCode(
              () -> {
                checks.check(x, failure("x"));
                checks.settle();
                checks.check(work.zeros(0, 3), failure("nothing"));
                checks.check(x, failure("x"));
                device().upload(new double[] {Double.NaN}, 0, x, 1, 1);
                checks.settle();
                checks.settle();
              })
          .doesNotThrowAnyException();
      assertThatIllegalStateException()
          .isThrownBy(
              () -> {
                checks.check(x, failure("x"));
                checks.settle();
              })
          .withMessage("x at 1");
    }
  }
}
