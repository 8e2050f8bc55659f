package org.llmsurgeon.model;

import org.llmsurgeon.compute.Norm;
import org.llmsurgeon.compute.Tensor;

/**
 * A normalisation over the columns.
 *
 * @param kind which one
 * @param gain {@code [width]}
 * @param bias {@code [width]}, or null
 * @param epsilon added under the root
 */
record NormLayer(Norm.Kind kind, Parameter gain, Parameter bias, double epsilon) {
  void forward(Pass pass, Tensor in, Tensor out) {
    pass.device().normalize(norm(), in, out);
  }

  /**
   * @param in what the forward read, {@code [tokens, width]}
   * @param dOut {@code [tokens, width]}
   * @param dIn {@code [tokens, width]}, added to
   */
  void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
    if (pass.wantsParameterGradients()) {
      addParameterGradients(pass, in, dOut);
    }
    pass.device().normalizeBackward(norm(), in, dOut, dIn);
  }

  private void addParameterGradients(Pass pass, Tensor in, Tensor dOut) {
    boolean wanted = pass.wants(gain) || (bias != null && pass.wants(bias));
    if (!wanted) {
      return;
    }
    try (Workspace work = pass.workspace()) {
      Tensor dGain = work.zeros(1, in.columns());
      Tensor dBias = bias == null ? null : work.zeros(1, in.columns());
      pass.device().normalizeWeightGradients(norm(), in, dOut, dGain, dBias);
      pass.addGradient(gain, dGain);
      if (bias != null) {
        pass.addGradient(bias, dBias);
      }
    }
  }

  private Norm norm() {
    return new Norm(kind, gain.tensor(), bias == null ? null : bias.tensor(), epsilon);
  }
}
