package org.llmsurgeon.curvature;

import java.io.Serializable;
import java.util.Arrays;

/**
 * How well a factor could be inverted, for reports.
 *
 * @param factor what it is, for example {@code G of model.layers.0.mlp.up_proj}
 * @param size rows without the dead ones
 * @param dead rows of the layer (or columns, for {@code A}) that are dead
 * @param diagonal its diagonal, undamped, without the dead
 * @param condition estimate of the damped factor's condition number, the squared ratio of the
 *     largest and smallest diagonal elements of its Cholesky factor; null where nothing was
 *     inverted
 * @param damping what was added to each diagonal element
 * @param retries how often damping had to be raised to get there
 */
public record FactorHealth(
    String factor,
    int size,
    int dead,
    Diagonal diagonal,
    Double condition,
    double damping,
    int retries)
    implements Serializable {
  /**
   * A diagonal in three numbers.
   *
   * @param smallest smallest element; 0 where there is none
   * @param largest largest element, likewise
   * @param sum of all: the trace
   */
  public record Diagonal(double smallest, double largest, double sum) implements Serializable {
    private static Diagonal of(double[] diagonal) {
      return new Diagonal(
          Arrays.stream(diagonal).min().orElse(0),
          Arrays.stream(diagonal).max().orElse(0),
          Arrays.stream(diagonal).sum());
    }
  }

  /**
   * Health of a factor that was inverted.
   *
   * @param factor what it is
   * @param diagonal its diagonal, undamped, without the dead
   * @param dead how many are dead
   * @param inverse its damped inverse
   */
  public static FactorHealth inverted(
      String factor, double[] diagonal, int dead, DampedInverse inverse) {
    return of(factor, diagonal, dead, inverse.condition(), inverse.constant(), inverse.retries());
  }

  /**
   * Health of a factor of which no inverse was needed.
   *
   * @param factor what it is
   * @param diagonal its diagonal, undamped, without the dead
   * @param dead how many are dead
   * @param damping what would have been added to each diagonal element
   */
  public static FactorHealth notInverted(
      String factor, double[] diagonal, int dead, double damping) {
    return of(factor, diagonal, dead, null, damping, 0);
  }

  private static FactorHealth of(
      String factor, double[] diagonal, int dead, Double condition, double damping, int retries) {
    return new FactorHealth(
        factor, diagonal.length, dead, Diagonal.of(diagonal), condition, damping, retries);
  }
}
