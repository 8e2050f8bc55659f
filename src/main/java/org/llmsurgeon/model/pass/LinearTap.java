package org.llmsurgeon.model.pass;

import java.util.List;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;

/**
 * Sees what goes through the linear layers of the blocks. Tensors belong to the model: they must
 * not be changed, nor kept after the call. All of them were checked to be finite.
 */
public interface LinearTap {
  /**
   * What some layers read: called once per input group and batch, in the forward pass.
   *
   * @param layers all layers that read this tensor, in block order
   * @param input {@code [tokens, inputs]}, without an entry for the bias
   */
  void inputs(List<LinearShape> layers, Tensor input);

  /**
   * Gradient of the loss with respect to a layer's output {@code z}: called once per layer and
   * batch, in the backward pass, so from the last block to the first.
   *
   * @param layer the layer
   * @param gradient {@code [tokens, outputs]}, in nats per unit of {@code z}
   */
  void outputGradients(LinearShape layer, Tensor gradient);

  /**
   * Whether {@link #pair} is to be called. Inputs that the backward pass alone does not need are
   * computed a second time for it.
   */
  default boolean readsPairs() {
    return false;
  }

  /**
   * A layer's input and output gradient of the same tokens: what the gradient {@code sum_t g_t
   * a_t^T} of its weight is made of. Called once per layer and batch, in the backward pass, right
   * after {@link #outputGradients}.
   *
   * @param layer the layer
   * @param input {@code [tokens, inputs]}, without an entry for the bias
   * @param gradient {@code [tokens, outputs]}, in nats per unit of {@code z}
   */
  default void pair(LinearShape layer, Tensor input, Tensor gradient) {}
}
