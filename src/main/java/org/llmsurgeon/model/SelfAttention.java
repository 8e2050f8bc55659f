package org.llmsurgeon.model;

import java.util.List;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Tensor;

/**
 * Causal self-attention, grouped-query where there are fewer key and value heads, rotary where the
 * pass has tables.
 *
 * @param size how many heads
 * @param headDimension their width
 * @param queries {@code hidden -> heads * headDimension}
 * @param keys {@code hidden -> keyValueHeads * headDimension}
 * @param values as keys
 * @param output {@code heads * headDimension -> hidden}
 */
record SelfAttention(
    BlockSize size, int headDimension, Linear queries, Linear keys, Linear values, Linear output)
    implements Sublayer {

  /** The attention of a block, whose weights are not loaded yet. */
  static SelfAttention of(ModelConfig config, int block, Parameters parameters) {
    return new SelfAttention(
        config.blocks().get(block),
        config.headDimension(),
        parameters.linear(config.linear(block, LinearRole.QUERY)),
        parameters.linear(config.linear(block, LinearRole.KEY)),
        parameters.linear(config.linear(block, LinearRole.VALUE)),
        parameters.linear(config.linear(block, LinearRole.OUTPUT)));
  }

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    AttentionInputs projected = empty(pass, kept);
    Tensor context = kept.empty(pass.tokens(), queries.shape().outputs());
    pass.inputs(readers(), in);
    queries.forward(pass, in, projected.queries());
    keys.forward(pass, in, projected.keys());
    values.forward(pass, in, projected.values());
    if (pass.rotary() != null) {
      pass.device().rotate(pass.rotary(), projected.queries());
      pass.device().rotate(pass.rotary(), projected.keys());
    }
    pass.device().attention(shape(pass), projected, context);
    pass.inputs(List.of(output.shape()), context);
    output.forward(pass, context, out);
    return new AttentionTrace(this, projected, context);
  }

  private List<LinearShape> readers() {
    return List.of(queries.shape(), keys.shape(), values.shape());
  }

  private AttentionInputs empty(Pass pass, Workspace work) {
    return new AttentionInputs(
        work.empty(pass.tokens(), queries.shape().outputs()),
        work.empty(pass.tokens(), keys.shape().outputs()),
        work.empty(pass.tokens(), keys.shape().outputs()));
  }

  private AttentionShape shape(Pass pass) {
    return new AttentionShape(
        pass.batch().sequences(),
        pass.batch().length(),
        size.queryHeads(),
        size.keyValueHeads(),
        headDimension,
        1 / Math.sqrt(headDimension));
  }

  /**
   * @param layer whose forward this was
   * @param projected queries, keys (both rotated) and values
   * @param context the attention's result, before the output layer
   */
  private record AttentionTrace(SelfAttention layer, AttentionInputs projected, Tensor context)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      try (Workspace work = pass.workspace()) {
        Tensor dContext = work.empty(context.rows(), context.columns());
        layer.output.backward(pass, context, dOut, dContext, 0);
        AttentionInputs gradients = layer.empty(pass, work);
        pass.device().attentionBackward(layer.shape(pass), projected, context, dContext, gradients);
        if (pass.rotary() != null) {
          pass.device().rotateBack(pass.rotary(), gradients.queries());
          pass.device().rotateBack(pass.rotary(), gradients.keys());
        }
        layer.queries.backward(pass, in, gradients.queries(), dIn, 0);
        layer.keys.backward(pass, in, gradients.keys(), dIn, 1);
        layer.values.backward(pass, in, gradients.values(), dIn, 1);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {
      pass.inputs(layer.readers(), in);
      pass.inputs(List.of(layer.output.shape()), context);
    }
  }
}
