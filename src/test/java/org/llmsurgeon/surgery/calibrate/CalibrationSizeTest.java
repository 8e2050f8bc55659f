package org.llmsurgeon.surgery.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many independent tokens those of windows are worth. */
class CalibrationSizeTest {
  private static final double ALIKE = 0.03;

  /** The variance of a mean is that of one token, by the independent ones: over all pairs. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 7", "5, 1", "3, 4", "6, 50"})
  void theMeanOfTokensVariesAsThatOfSoManyIndependentOnes(int windows, int context) {
    int tokens = windows * context;
    double covariances = 0;
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        covariances += i == j ? 1 : i / context == j / context ? ALIKE : 0;
      }
    }
    double variance = covariances / ((double) tokens * tokens);
    assertThat(new CalibrationSize(tokens, windows).independentTokens())
        .isCloseTo(1 / variance, within(1e-9 * tokens));
  }

  @Test
  void noDataIsWorthNothing() {
    assertThat(CalibrationSize.NONE.independentTokens()).isZero();
  }

  @Test
  void tokensAreInWindows() {
    assertThatThrownBy(() -> new CalibrationSize(5, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CalibrationSize(5, 6))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
