package org.llmsurgeon.compute.reference;

/**
 * The error function and the standard normal distribution built on it, to about 1e-15. Java has
 * none of its own.
 */
public final class ErrorFunction {
  /** From here on the complement's continued fraction, below it the series. */
  private static final double SERIES_LIMIT = 2;

  /** Enough terms for full precision at {@link #SERIES_LIMIT}, where it converges slowest. */
  private static final int FRACTION_TERMS = 120;

  private static final double SQRT_PI = Math.sqrt(Math.PI);
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

  private ErrorFunction() {}

  /** {@code 2 / sqrt(pi) int_0^x exp(-t^2) dt}. */
  public static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude < SERIES_LIMIT) {
      return series(x);
    }
    return Math.copySign(1 - fraction(magnitude), x);
  }

  /** {@code 1 - erf(x)}, without cancellation where it is small. */
  public static double complement(double x) {
    if (Math.abs(x) < SERIES_LIMIT) {
      return 1 - series(x);
    }
    return x > 0 ? fraction(x) : 2 - fraction(-x);
  }

  /** {@code Phi(x)}, the probability that a standard normal variable is below {@code x}. */
  public static double normalDistribution(double x) {
    return 0.5 * complement(-x * SQRT_HALF);
  }

  /** {@code phi(x) = exp(-x^2 / 2) / sqrt(2 pi)}. */
  public static double normalDensity(double x) {
    return Math.exp(-0.5 * x * x) / SQRT_TWO_PI;
  }

  /**
   * {@code erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1))}. All terms have
   * the sign of {@code x}, so nothing cancels.
   */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.ulp(sum) / 4; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / SQRT_PI * Math.exp(-x * x) * sum;
  }

  /**
   * {@code 1 - erf(x) = exp(-x^2) / sqrt(pi) 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))} for
   * positive {@code x}, from the innermost fraction outwards.
   */
  private static double fraction(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double denominator = x;
    for (int n = FRACTION_TERMS; n >= 1; n--) {
      denominator = x + 0.5 * n / denominator;
    }
    return Math.exp(-x * x) / (SQRT_PI * denominator);
  }
}
