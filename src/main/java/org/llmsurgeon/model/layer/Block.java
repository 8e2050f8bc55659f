package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A transformer block: an attention and a feed-forward beside the residual stream, one after the
 * other or both on the same stream. Either may be absent.
 *
 * @param name module name
 * @param attention first branch, or null
 * @param feedForward second branch, or null
 * @param parallel whether both read what the block reads
 */
public record Block(
    String name, ResidualBranch attention, ResidualBranch feedForward, boolean parallel) {
  /**
   * @param in {@code [tokens, hidden]}, which must stay until the backward
   * @param out {@code [tokens, hidden]}, written
   * @param kept owns what the backward needs
   */
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    if (attention == null && feedForward == null) {
      pass.device().copy(in, out);
      return new OneAfterTheOther(null, null, kept);
    }
    if (feedForward == null) {
      return new OneAfterTheOther(attention.forward(pass, in, out, kept), null, kept);
    }
    if (attention == null) {
      return new OneAfterTheOther(null, feedForward.forward(pass, in, out, kept), kept);
    }
    if (parallel) {
      return together(pass, in, out, kept);
    }
    Tensor between = kept.empty(in.rows(), in.columns());
    ResidualBranch.Trace first = attention.forward(pass, in, between, kept);
    ResidualBranch.Trace second = feedForward.forward(pass, between, out, kept);
    return new OneAfterTheOther(first, second, kept);
  }

  private Trace together(Pass pass, Tensor in, Tensor out, Workspace kept) {
    ResidualBranch.Trace first = attention.forward(pass, in, out, kept);
    try (Workspace work = pass.workspace()) {
      boolean shown = feedForward.norms().after() != null;
      Tensor added = (shown ? kept : work).empty(in.rows(), in.columns());
      ResidualBranch.Added second = feedForward.added(pass, in, added, kept);
      pass.device().add(1, added, out);
      return new Together(this, in, first.added(), second, kept);
    }
  }

  /** A forward that was done, with what its backward needs. */
  public interface Trace extends AutoCloseable {
    /** Owns the tensors. */
    Workspace kept();

    /**
     * @param gradient in: that of the block's output; out: that of its input, unless nobody needs
     *     it
     * @param inputGradientNeeded whether somebody does
     */
    void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded);

    /** Shows the tap what the linear layers read in a forward that nobody looked at. */
    void showInputs(Pass pass);

    @Override
    default void close() {
      kept().close();
    }
  }

  /**
   * @param attention first branch, or null
   * @param feedForward second branch, or null
   * @param kept owns the tensors of both
   */
  private record OneAfterTheOther(
      ResidualBranch.Trace attention, ResidualBranch.Trace feedForward, Workspace kept)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      if (feedForward != null) {
        feedForward.backward(pass, gradient, inputGradientNeeded || attention != null);
      }
      if (attention != null) {
        attention.backward(pass, gradient, inputGradientNeeded);
      }
    }

    @Override
    public void showInputs(Pass pass) {
      if (attention != null) {
        attention.showInputs(pass);
      }
      if (feedForward != null) {
        feedForward.showInputs(pass);
      }
    }
  }

  /** Both branches on the same stream. */
  private record Together(
      Block block,
      Tensor in,
      ResidualBranch.Added attention,
      ResidualBranch.Added feedForward,
      Workspace kept)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      try (Workspace work = pass.workspace()) {
        Tensor dOut = work.empty(in.rows(), in.columns());
        pass.device().copy(gradient, dOut);
        Tensor dIn = inputGradientNeeded ? gradient : null;
        block.feedForward.backward(pass, in, feedForward, dOut, dIn);
        block.attention.backward(pass, in, attention, dOut, dIn);
      }
    }

    @Override
    public void showInputs(Pass pass) {
      block.attention.showInputs(pass, in, attention);
      block.feedForward.showInputs(pass, in, feedForward);
    }
  }
}
