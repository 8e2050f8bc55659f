package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A normalisation over the columns.
 *
 * @param kind which one
 * @param gain {@code [width]}
 * @param base {@code [width]}, which the gain is added to; null for nothing
 * @param bias {@code [width]}, or null
 * @param epsilon added under the root
 */
public record NormLayer(
    Norm.Kind kind, Parameter gain, Parameter base, Parameter bias, double epsilon) {
  /** Normalises the tokens of a pass. */
  public void forward(Pass pass, Tensor in, Tensor out) {
    try (Workspace work = pass.workspace()) {
      pass.device().normalize(norm(pass, work), in, out);
    }
  }

  /**
   * @param in what the forward read, {@code [tokens, width]}
   * @param dOut {@code [tokens, width]}
   * @param dIn {@code [tokens, width]}, added to
   */
  public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
    if (pass.wantsParameterGradients()) {
      addParameterGradients(pass, in, dOut);
    }
    try (Workspace work = pass.workspace()) {
      pass.device().normalizeBackward(norm(pass, work), in, dOut, dIn);
    }
  }

  private void addParameterGradients(Pass pass, Tensor in, Tensor dOut) {
    boolean wanted = pass.wants(gain) || (bias != null && pass.wants(bias));
    if (!wanted) {
      return;
    }
    try (Workspace work = pass.workspace()) {
      Tensor dGain = work.zeros(1, in.columns());
      Tensor dBias = bias == null ? null : work.zeros(1, in.columns());
      pass.device().normalizeWeightGradients(norm(pass, work), in, dOut, dGain, dBias);
      pass.addGradient(gain, dGain);
      if (bias != null) {
        pass.addGradient(bias, dBias);
      }
    }
  }

  private Norm norm(Pass pass, Workspace work) {
    Tensor factor = gain.tensor();
    if (base != null) {
      factor = work.empty(1, gain.columns());
      pass.device().copy(base.tensor(), factor);
      pass.device().add(1, gain.tensor(), factor);
    }
    return new Norm(kind, factor, bias == null ? null : bias.tensor(), epsilon);
  }
}
