package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.pass.GradientTarget;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A linear layer {@code z = W a + b}.
 *
 * @param shape what it is among the blocks' layers, or null for one outside of them, which no tap
 *     sees
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, or null
 */
public record Linear(LinearShape shape, Parameter weight, Parameter bias) {
  /**
   * @param in {@code [tokens, in]}
   * @param out {@code [tokens, out]}, written
   */
  public void forward(Pass pass, Tensor in, Tensor out) {
    pass.device().multiply(1, in, weight.tensor().transposed(), 0, out);
    if (bias != null) {
      pass.device().addBias(bias.tensor(), out);
    }
  }

  /**
   * Shows the tap the output gradient, adds the parameters' gradients where they are wanted, and
   * computes the input's gradient where it is needed.
   *
   * @param in what the forward read, {@code [tokens, in]}; may be null where {@link
   *     Pass#needsInputs()} says so
   * @param dOut {@code [tokens, out]}
   * @param dIn {@code [tokens, in]}, or null where nobody needs it
   * @param beta factor of what {@code dIn} held
   */
  public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn, double beta) {
    if (shape != null) {
      pass.outputGradients(shape, in, dOut);
    }
    if (pass.wantsParameterGradients()) {
      addParameterGradients(pass, in, dOut);
    }
    if (dIn != null) {
      pass.device().multiply(1, dOut, weight.tensor(), beta, dIn);
    }
  }

  private void addParameterGradients(Pass pass, Tensor in, Tensor dOut) {
    try (GradientTarget target = pass.gradient(weight)) {
      if (target.isWanted()) {
        pass.device().multiply(1, dOut.transposed(), in, 1, target.tensor());
      }
    }
    if (bias != null && pass.wants(bias)) {
      try (Workspace work = pass.workspace()) {
        Tensor sums = work.zeros(1, dOut.columns());
        pass.device().addColumnSums(dOut, sums);
        pass.addGradient(bias, sums);
      }
    }
  }
}
