package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;

/** How an example becomes the residual stream before the first block. */
public sealed interface WayIn permits Embedding, PatchEmbedding {
  /** Width of the residual stream. */
  int hidden();

  /**
   * @param pass the batch
   * @param out {@code [tokens, hidden]}, written
   */
  void forward(Pass pass, Tensor out);

  /**
   * Adds the parameters' gradients.
   *
   * @param pass the batch
   * @param gradient that of the residual stream, {@code [tokens, hidden]}
   */
  void backward(Pass pass, Tensor gradient);
}
