package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.Damping;

/**
 * How a layer's factors are damped.
 *
 * @param outputs from the diagonal of the live {@code G} to what is added to it
 * @param inputs from the diagonal of the live {@code A} to what is added to it
 * @param columnCosts from the diagonal of the live {@code G} to what is added to it at least where
 *     columns are costed as parts of units
 */
public record LayerDamping(
    ToDoubleFunction<double[]> outputs,
    ToDoubleFunction<double[]> inputs,
    ToDoubleFunction<double[]> columnCosts) {
  /** In proportion to the mean of each diagonal. */
  public static LayerDamping relative(Damping damping) {
    return of(new UnitDamping(damping, 0));
  }

  /** In proportion to the mean of each diagonal. */
  static LayerDamping of(UnitDamping damping) {
    return new LayerDamping(
        diagonal -> DampedInverse.constant(diagonal, damping.factors().g()),
        diagonal ->
            DampedInverse.constant(bounded(diagonal, damping.most()), damping.factors().a()),
        diagonal -> DampedInverse.constant(diagonal, damping.columnCosts()));
  }

  private static double[] bounded(double[] diagonal, double most) {
    if (diagonal.length == 0 || most == Double.POSITIVE_INFINITY) {
      return diagonal;
    }
    double median =
        Arrays.stream(diagonal).sorted().skip(diagonal.length / 2).findFirst().orElse(0);
    return Arrays.stream(diagonal).map(each -> Math.min(each, most * median)).toArray();
  }

  /** Whatever the diagonals. */
  public static LayerDamping fixed(DampingConstants constants) {
    return new LayerDamping(diagonal -> constants.g(), diagonal -> constants.a(), diagonal -> 0);
  }
}
