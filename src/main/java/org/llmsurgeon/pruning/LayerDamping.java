package org.llmsurgeon.pruning;

import java.util.function.ToDoubleFunction;
import org.llmsurgeon.curvature.DampedInverse;
import org.llmsurgeon.curvature.Damping;

/**
 * How a layer's factors are damped.
 *
 * @param outputs from the diagonal of the live {@code G} to what is added to it
 * @param inputs from the diagonal of the live {@code A} to what is added to it
 */
record LayerDamping(ToDoubleFunction<double[]> outputs, ToDoubleFunction<double[]> inputs) {
  /** In proportion to the mean of each diagonal. */
  static LayerDamping relative(Damping damping) {
    return new LayerDamping(
        diagonal -> DampedInverse.constant(diagonal, damping.g()),
        diagonal -> DampedInverse.constant(diagonal, damping.a()));
  }

  /** Whatever the diagonals. */
  static LayerDamping fixed(DampingConstants constants) {
    return new LayerDamping(diagonal -> constants.g(), diagonal -> constants.a());
  }
}
