package org.llmsurgeon.model.layer;

import java.util.List;
import org.llmsurgeon.compute.AttentionInputs;
import org.llmsurgeon.compute.AttentionShape;
import org.llmsurgeon.compute.Rotary;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.AttentionStyle;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Self-attention, grouped-query where there are fewer key and value heads.
 *
 * @param style heads, window, positions, scale
 * @param norms of queries and keys
 * @param queries {@code hidden -> heads * headDimension}
 * @param keys {@code hidden -> keyValueHeads * headDimension}
 * @param values as keys
 * @param output {@code heads * headDimension -> hidden}
 */
public record SelfAttention(
    Style style, Norms norms, Linear queries, Linear keys, Linear values, Linear output)
    implements Sublayer {
  /**
   * @param size how many heads
   * @param headDimension their width
   * @param layer window and positions
   * @param scale factor on the scores
   * @param softCap bound on the scores, or 0
   * @param causal whether a token sees nothing that comes after it
   */
  public record Style(
      BlockSize size,
      int headDimension,
      AttentionStyle.Layer layer,
      double scale,
      double softCap,
      boolean causal) {
    /**
     * How a block attends.
     *
     * @param config the network
     * @param block from 0
     */
    public static Style of(ModelConfig config, int block) {
      return new Style(
          config.blocks().get(block),
          config.headDimension(),
          config.attention().layers().get(block),
          config.attention().scale(),
          config.attention().softCap(),
          config.attention().causal());
    }

    AttentionShape shape(Pass pass) {
      return new AttentionShape(
          pass.batch().sequences(),
          pass.batch().length(),
          size.queryHeads(),
          size.keyValueHeads(),
          headDimension,
          scale,
          new AttentionShape.Reach(
              causal, layer.window() < pass.batch().length() ? layer.window() : 0),
          softCap);
    }

    /** Tables of its positions, or null. */
    Rotary rotary(Pass pass) {
      boolean none = layer.rotary() < 0 || pass.rotary().isEmpty();
      return none ? null : pass.rotary().get(layer.rotary());
    }
  }

  /**
   * Norms of queries and keys; both null where there are none.
   *
   * @param queries over a head, or over all
   * @param keys likewise
   */
  public record Norms(NormLayer queries, NormLayer keys) {}

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    AttentionInputs projected = empty(pass, kept);
    AttentionInputs raw = norms.queries() == null ? projected : rawOf(pass, projected, kept);
    Tensor context = kept.empty(pass.tokens(), queries.shape().outputs());
    pass.inputs(readers(), in);
    queries.forward(pass, in, raw.queries());
    keys.forward(pass, in, raw.keys());
    values.forward(pass, in, raw.values());
    if (norms.queries() != null) {
      norms
          .queries()
          .forward(
              pass,
              rows(raw.queries(), norms.queries()),
              rows(projected.queries(), norms.queries()));
      norms
          .keys()
          .forward(pass, rows(raw.keys(), norms.keys()), rows(projected.keys(), norms.keys()));
    }
    Rotary rotary = style.rotary(pass);
    if (rotary != null) {
      pass.device().rotate(rotary, projected.queries());
      pass.device().rotate(rotary, projected.keys());
    }
    pass.device().attention(style.shape(pass), projected, context);
    pass.inputs(List.of(output.shape()), context);
    output.forward(pass, context, out);
    return new AttentionTrace(this, raw, projected, context);
  }

  /** The layers that read what the attention reads. */
  private List<LinearShape> readers() {
    return List.of(queries.shape(), keys.shape(), values.shape());
  }

  /** Room for what the norms read; values are not normalised. */
  private AttentionInputs rawOf(Pass pass, AttentionInputs projected, Workspace work) {
    return new AttentionInputs(
        work.empty(pass.tokens(), queries.shape().outputs()),
        work.empty(pass.tokens(), keys.shape().outputs()),
        projected.values());
  }

  /** The rows that a norm normalises: heads, or tokens. */
  private static Tensor rows(Tensor x, NormLayer norm) {
    int width = norm.gain().columns();
    return x.reshape(Math.toIntExact(x.size() / width), width);
  }

  private AttentionInputs empty(Pass pass, Workspace work) {
    return new AttentionInputs(
        work.empty(pass.tokens(), queries.shape().outputs()),
        work.empty(pass.tokens(), keys.shape().outputs()),
        work.empty(pass.tokens(), keys.shape().outputs()));
  }

  /**
   * @param layer whose forward this was
   * @param raw queries and keys before their norms
   * @param projected queries, keys (both normalised and rotated) and values
   * @param context the attention's result, before the output layer
   */
  private record AttentionTrace(
      SelfAttention layer, AttentionInputs raw, AttentionInputs projected, Tensor context)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      try (Workspace work = pass.workspace()) {
        Tensor dContext = work.empty(context.rows(), context.columns());
        layer.output.backward(pass, context, dOut, dContext, 0);
        AttentionInputs gradients = layer.empty(pass, work);
        pass.device()
            .attentionBackward(layer.style.shape(pass), projected, context, dContext, gradients);
        Rotary rotary = layer.style.rotary(pass);
        if (rotary != null) {
          pass.device().rotateBack(rotary, gradients.queries());
          pass.device().rotateBack(rotary, gradients.keys());
        }
        Norms norms = layer.norms;
        Tensor dQueries = before(pass, norms.queries(), raw.queries(), gradients.queries(), work);
        Tensor dKeys = before(pass, norms.keys(), raw.keys(), gradients.keys(), work);
        layer.queries.backward(pass, in, dQueries, dIn, 0);
        layer.keys.backward(pass, in, dKeys, dIn, 1);
        layer.values.backward(pass, in, gradients.values(), dIn, 1);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {
      pass.inputs(layer.readers(), in);
      pass.inputs(List.of(layer.output.shape()), context);
    }

    private static Tensor before(
        Pass pass, NormLayer norm, Tensor raw, Tensor gradient, Workspace work) {
      if (norm == null) {
        return gradient;
      }
      Tensor dRaw = work.zeros(raw.rows(), raw.columns());
      norm.backward(pass, rows(raw, norm), rows(gradient, norm), rows(dRaw, norm));
      return dRaw;
    }
  }
}
