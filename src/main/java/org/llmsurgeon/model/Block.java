package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;

/**
 * A transformer block: an attention, then a feed-forward, each beside the residual stream. Either
 * may be absent.
 *
 * @param name module name
 * @param attention first branch, or null
 * @param feedForward second branch, or null
 */
record Block(String name, ResidualBranch attention, ResidualBranch feedForward) {
  /**
   * @param in {@code [tokens, hidden]}, which must stay until the backward
   * @param out {@code [tokens, hidden]}, written
   * @param kept owns what the backward needs
   */
  Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    ResidualBranch.Trace first = null;
    ResidualBranch.Trace second = null;
    if (attention == null && feedForward == null) {
      pass.device().copy(in, out);
    } else if (feedForward == null) {
      first = attention.forward(pass, in, out, kept);
    } else if (attention == null) {
      second = feedForward.forward(pass, in, out, kept);
    } else {
      Tensor between = kept.empty(in.rows(), in.columns());
      first = attention.forward(pass, in, between, kept);
      second = feedForward.forward(pass, between, out, kept);
    }
    return new Trace(first, second, kept);
  }

  /**
   * A forward that was done, with what its backward needs.
   *
   * @param attention first branch, or null
   * @param feedForward second branch, or null
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
      if (feedForward != null) {
        feedForward.backward(pass, gradient, inputGradientNeeded || attention != null);
      }
      if (attention != null) {
        attention.backward(pass, gradient, inputGradientNeeded);
      }
    }

    /** Shows the tap what the linear layers read in a forward that nobody looked at. */
    void showInputs(Pass pass) {
      if (attention != null) {
        attention.showInputs(pass);
      }
      if (feedForward != null) {
        feedForward.showInputs(pass);
      }
    }

    @Override
    public void close() {
      kept.close();
    }
  }
}
