package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;

import org.llmsurgeon.compute.Precision;

/**
 * How close numbers must be in tests, and the comparison that uses it: one place for all packages.
 * Every tolerance is a part of the largest magnitude among the expected values, so it does not
 * depend on the scale of the data.
 */
public final class Tolerances {
  /**
   * What one precision of one device must keep.
   *
   * @param elementwise each element computed from few others: sums, activations, norms, losses
   * @param product sums over up to a few hundred terms: matrix products, attention and its
   *     gradients
   * @param factorization Cholesky, solves, inverses and eigenvectors of matrices with condition
   *     numbers up to about 100
   */
  public record Level(double elementwise, double product, double factorization) {}

  /** Any device that computes in double, whatever the order of its sums. */
  public static final Level DOUBLE = new Level(1e-13, 1e-12, 1e-11);

  /** Any device that computes in single, with inputs that single holds exactly. */
  public static final Level SINGLE = new Level(1e-6, 5e-6, 5e-5);

  /** Single precision whose products round their factors to 11 bits. */
  public static final Level TF32 = new Level(1e-6, 2e-3, 5e-5);

  /** Single precision whose products round their factors to 8 bits. */
  public static final Level BFLOAT16 = new Level(1e-6, 1.5e-2, 5e-5);

  /**
   * Analytic gradients against {@link org.llmsurgeon.compute.FiniteDifferences} on the reference
   * device, for one operation as for a whole network.
   */
  public static final double FINITE_DIFFERENCE = 1e-8;

  /** Losses of a whole network in single against the same network on the reference device. */
  public static final double NETWORK_LOSS = 1e-5;

  /** Gradients of a whole network in single against the same network on the reference device. */
  public static final double NETWORK_GRADIENT = 1e-4;

  private Tolerances() {}

  /**
   * The level that a precision allows on a device that computes in it.
   *
   * @param precision number format of the arithmetic
   */
  public static Level of(Precision precision) {
    return precision == Precision.SINGLE ? SINGLE : DOUBLE;
  }

  /**
   * Fails unless every element is as expected, within the tolerance times the largest magnitude
   * expected; NaN where NaN is expected. The message names the worst index and both values.
   *
   * @param what what is compared, for the message
   * @param actual computed values
   * @param expected the right values, as many
   * @param tolerance part of the largest magnitude expected; 0 for equality
   */
  public static void assertClose(
      String what, double[] actual, double[] expected, double tolerance) {
    assertThat(actual.length).as("number of elements of " + what).isEqualTo(expected.length);
    double allowed = tolerance * largestMagnitude(expected);
    int worst = -1;
    int differing = 0;
    double worstDifference = 0;
    for (int i = 0; i < actual.length; i++) {
      double difference = difference(actual[i], expected[i]);
      if (difference > allowed) {
        differing++;
        if (difference > worstDifference) {
          worstDifference = difference;
          worst = i;
        }
      }
    }
    if (worst >= 0) {
      throw new AssertionError(
          String.format(
              "%s[%d] is %s but must be %s: they differ by %.3g, allowed are %.3g; %d of %d"
                  + " elements differ",
              what,
              worst,
              actual[worst],
              expected[worst],
              worstDifference,
              allowed,
              differing,
              actual.length));
    }
  }

  /**
   * As {@link #assertClose(String, double[], double[], double)}, for one number.
   *
   * @param what what is compared, for the message
   * @param actual computed value
   * @param expected the right value
   * @param tolerance part of the magnitude of the expected value
   */
  public static void assertClose(String what, double actual, double expected, double tolerance) {
    assertClose(what, new double[] {actual}, new double[] {expected}, tolerance);
  }

  /** Infinite where exactly one of the two is NaN or they are different infinities. */
  private static double difference(double actual, double expected) {
    if (Double.compare(actual, expected) == 0) {
      return 0;
    }
    double difference = Math.abs(actual - expected);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }

  private static double largestMagnitude(double[] values) {
    double largest = 0;
    for (double value : values) {
      if (Double.isFinite(value)) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return largest;
  }
}
