package org.llmsurgeon.pruning.baseline;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.structure.PrunableLayer;

/** Refusal of a factor {@code A} that does not fit a layer. */
final class InputFactor {
  private InputFactor() {}

  /** Throws unless {@code a} is over the layer's inputs, with or without the bias. */
  static void check(PrunableLayer layer, Tensor a) {
    boolean fits = a.rows() == layer.inputs() || a.rows() == layer.weight().columns();
    if (!fits || a.rows() != a.columns()) {
      throw new IllegalArgumentException(
          String.format(
              "layer %s: A is [%d, %d] for a weight [%d, %d]",
              layer.name(),
              a.rows(),
              a.columns(),
              layer.weight().rows(),
              layer.weight().columns()));
    }
  }
}
