package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;

/**
 * A transformer block: an attention, then a feed-forward, each beside the residual stream.
 *
 * @param name module name
 * @param attention first branch
 * @param feedForward second branch
 */
record Block(String name, ResidualBranch attention, ResidualBranch feedForward) {
  /**
   * @param in {@code [tokens, hidden]}, which must stay until the backward
   * @param out {@code [tokens, hidden]}, written
   * @param kept owns what the backward needs
   */
  Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Tensor between = kept.empty(in.rows(), in.columns());
    ResidualBranch.Trace first = attention.forward(pass, in, between, kept);
    ResidualBranch.Trace second = feedForward.forward(pass, between, out, kept);
    return new Trace(first, second, kept);
  }

  /**
   * A forward that was done, with what its backward needs.
   *
   * @param attention first branch
   * @param feedForward second branch
   * @param kept owns the tensors of both
   */
  record Trace(ResidualBranch.Trace attention, ResidualBranch.Trace feedForward, Workspace kept)
      implements AutoCloseable {
    /**
     * @param gradient in: that of the block's output; out: that of its input, unless nobody needs
     *     it
     * @param inputGradientNeeded whether somebody does
     */
    void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      feedForward.backward(pass, gradient, true);
      attention.backward(pass, gradient, inputGradientNeeded);
    }

    @Override
    public void close() {
      kept.close();
    }
  }
}
