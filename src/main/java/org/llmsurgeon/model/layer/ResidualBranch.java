package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A sublayer around which the residual stream flows: {@code y = afterSum(x + scale after(f(before(
 * x))))}, where each of the norms may be absent.
 *
 * @param norms the norms
 * @param scale factor on what is added
 * @param sublayer {@code f}
 */
public record ResidualBranch(Norms norms, double scale, Sublayer sublayer) {
  /**
   * The norms of a branch; each may be null.
   *
   * @param before on what the sublayer reads
   * @param after on what it adds
   * @param afterSum on the stream, after it was added
   */
  public record Norms(NormLayer before, NormLayer after, NormLayer afterSum) {}

  /**
   * @param in {@code x}, which must stay until the backward
   * @param out {@code y}, written
   * @param kept owns what the backward needs
   */
  Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Tensor sum = norms.afterSum() == null ? out : kept.empty(in.rows(), in.columns());
    Added added = added(pass, in, sum, kept);
    pass.device().add(1, in, sum);
    if (norms.afterSum() != null) {
      norms.afterSum().forward(pass, sum, out);
    }
    return new Trace(this, in, added, sum);
  }

  /**
   * What the branch adds, without the stream.
   *
   * @param in {@code x}
   * @param out what is added, written
   * @param kept owns what the backward needs
   */
  Added added(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Tensor raw = norms.after() == null ? out : kept.empty(in.rows(), in.columns());
    Sublayer.Trace trace;
    try (Workspace work = pass.workspace()) {
      trace = sublayer.forward(pass, read(pass, in, work), raw, kept);
    }
    if (norms.after() != null) {
      norms.after().forward(pass, raw, out);
    }
    if (scale != 1) {
      pass.device().scale(scale, out);
    }
    return new Added(raw, trace);
  }

  /** What the sublayer reads. */
  private Tensor read(Pass pass, Tensor in, Workspace work) {
    if (norms.before() == null) {
      return in;
    }
    Tensor normed = work.empty(in.rows(), in.columns());
    norms.before().forward(pass, in, normed);
    return normed;
  }

  /**
   * @param raw what the sublayer wrote; of use only where a norm comes after
   * @param trace of the sublayer
   */
  record Added(Tensor raw, Sublayer.Trace trace) {}

  /**
   * The way back of what is added.
   *
   * @param in {@code x}
   * @param added its forward
   * @param dOut gradient of what is added
   * @param dIn that of {@code x}, added to; null where nobody needs it. It may be {@code dOut}
   *     where a norm comes before the sublayer
   */
  void backward(Pass pass, Tensor in, Added added, Tensor dOut, Tensor dIn) {
    try (Workspace work = pass.workspace()) {
      Tensor d = dOut;
      if (scale != 1) {
        d = work.empty(in.rows(), in.columns());
        pass.device().copy(dOut, d);
        pass.device().scale(scale, d);
      }
      if (norms.after() != null) {
        Tensor dRaw = work.zeros(in.rows(), in.columns());
        norms.after().backward(pass, added.raw(), d, dRaw);
        d = dRaw;
      }
      Tensor read = pass.needsInputs() ? read(pass, in, work) : null;
      Tensor dRead = dIn == null ? null : work.empty(in.rows(), in.columns());
      added.trace().backward(pass, read, d, dRead);
      if (dIn != null && norms.before() != null) {
        norms.before().backward(pass, in, dRead, dIn);
      } else if (dIn != null) {
        pass.device().add(1, dRead, dIn);
      }
    }
  }

  /** Shows the tap what the linear layers read in a forward that nobody looked at. */
  void showInputs(Pass pass, Tensor in, Added added) {
    try (Workspace work = pass.workspace()) {
      added.trace().showInputs(pass, read(pass, in, work));
    }
  }

  /**
   * A forward that was done, with what its backward needs.
   *
   * @param branch whose
   * @param in {@code x}
   * @param added what was added
   * @param sum before the last norm; of use only where there is one
   */
  record Trace(ResidualBranch branch, Tensor in, Added added, Tensor sum) {
    /** Shows the tap what the linear layers read in a forward that nobody looked at. */
    void showInputs(Pass pass) {
      branch.showInputs(pass, in, added);
    }

    /**
     * @param pass the batch
     * @param gradient in: that of {@code y}; out: that of {@code x}, unless nobody needs it
     * @param inputGradientNeeded whether somebody does
     */
    void backward(Pass pass, Tensor gradient, boolean inputGradientNeeded) {
      NormLayer last = branch.norms.afterSum();
      if (last == null) {
        branch.backward(pass, in, added, gradient, inputGradientNeeded ? gradient : null);
        return;
      }
      try (Workspace work = pass.workspace()) {
        Tensor dSum = work.zeros(in.rows(), in.columns());
        last.backward(pass, sum, gradient, dSum);
        pass.device().copy(dSum, gradient);
        branch.backward(pass, in, added, dSum, inputGradientNeeded ? gradient : null);
      }
    }
  }
}
