package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;

/**
 * A sublayer around which the residual stream flows: {@code y = x + f(norm(x))} with the norm
 * before, {@code y = norm(x + f(x))} with the norm after.
 *
 * @param norm the norm
 * @param normBefore where it stands
 * @param sublayer {@code f}
 */
record ResidualBranch(NormLayer norm, boolean normBefore, Sublayer sublayer) {
  /**
   * @param in {@code x}, which must stay until the backward
   * @param out {@code y}, written
   * @param kept owns what the backward needs
   */
  Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    if (normBefore) {
      try (Workspace work = pass.workspace()) {
        Tensor normed = normed(pass, in, work);
        Sublayer.Trace trace = sublayer.forward(pass, normed, out, kept);
        pass.device().add(1, in, out);
        return new NormBeforeTrace(this, in, trace);
      }
    }
    Tensor sum = kept.empty(in.rows(), in.columns());
    Sublayer.Trace trace = sublayer.forward(pass, in, sum, kept);
    pass.device().add(1, in, sum);
    norm.forward(pass, sum, out);
    return new NormAfterTrace(this, in, sum, trace);
  }

  private Tensor normed(Pass pass, Tensor in, Workspace work) {
    Tensor normed = work.empty(in.rows(), in.columns());
    norm.forward(pass, in, normed);
    return normed;
  }

  /** A forward that was done, with what its backward needs. */
  interface Trace {
    /**
     * @param pass the batch
     * @param gradient in: that of {@code y}; out: that of {@code x}, unless nobody needs it
     * @param inputGradientNeeded whether somebody does
     */
    void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded);

    /** Shows the tap what the linear layers read in a forward that nobody looked at. */
    void showInputs(Pass pass);
  }

  private record NormBeforeTrace(ResidualBranch branch, Tensor in, Sublayer.Trace trace)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      try (Workspace work = pass.workspace()) {
        Tensor normed = pass.needsInputs() ? branch.normed(pass, in, work) : null;
        if (!inputGradientNeeded) {
          trace.backward(pass, normed, gradient, null);
          return;
        }
        Tensor dNormed = work.empty(in.rows(), in.columns());
        trace.backward(pass, normed, gradient, dNormed);
        branch.norm.backward(pass, in, dNormed, gradient);
      }
    }

    @Override
    public void showInputs(Pass pass) {
      try (Workspace work = pass.workspace()) {
        trace.showInputs(pass, branch.normed(pass, in, work));
      }
    }
  }

  private record NormAfterTrace(ResidualBranch branch, Tensor in, Tensor sum, Sublayer.Trace trace)
      implements Trace {
    @Override
    public void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      try (Workspace work = pass.workspace()) {
        Tensor dSum = work.zeros(in.rows(), in.columns());
        branch.norm.backward(pass, sum, gradient, dSum);
        trace.backward(pass, in, dSum, inputGradientNeeded ? gradient : null);
        if (inputGradientNeeded) {
          pass.device().add(1, dSum, gradient);
        }
      }
    }

    @Override
    public void showInputs(Pass pass) {
      trace.showInputs(pass, in);
    }
  }
}
