package org.llmsurgeon.pruning.layer;

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
        diagonal -> DampedInverse.constant(diagonal, damping.factors().a()),
        diagonal -> DampedInverse.constant(diagonal, damping.columnCosts()));
  }

  /** Whatever the diagonals. */
  public static LayerDamping fixed(DampingConstants constants) {
    return new LayerDamping(diagonal -> constants.g(), diagonal -> constants.a(), diagonal -> 0);
  }
}
