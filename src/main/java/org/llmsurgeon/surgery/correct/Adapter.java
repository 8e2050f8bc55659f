package org.llmsurgeon.surgery.correct;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;

/**
 * A low-rank change of a linear layer (Hu et al. 2022), or the gradients of one: {@code W + s B A}
 * where weights are kept, with {@code s} the layer's own scale, see {@link AdaptedLayer}.
 *
 * @param layer the layer
 * @param b {@code [out, rank]}
 * @param a {@code [rank, in]}
 */
record Adapter(LinearShape layer, Tensor b, Tensor a) implements AutoCloseable {
  @Override
  public void close() {
    b.close();
    a.close();
  }
}
