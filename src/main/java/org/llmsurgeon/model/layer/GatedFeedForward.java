package org.llmsurgeon.model.layer;

import java.util.List;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Gated;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Gated feed-forward {@code down(activation(gate(x)) * up(x))}.
 *
 * @param activation the non-linearity
 * @param gate {@code hidden -> neurons}
 * @param up {@code hidden -> neurons}
 * @param down {@code neurons -> hidden}
 */
public record GatedFeedForward(Activation activation, Linear gate, Linear up, Linear down)
    implements Sublayer {

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Gated raised = empty(pass, kept);
    pass.inputs(List.of(gate.shape(), up.shape()), in);
    gate.forward(pass, in, raised.gate());
    up.forward(pass, in, raised.up());
    try (Workspace work = pass.workspace()) {
      Tensor gated = work.empty(pass.tokens(), down.shape().inputs());
      pass.device().gate(activation, raised, gated);
      pass.inputs(List.of(down.shape()), gated);
      down.forward(pass, gated, out);
    }
    return new GatedTrace(this, raised);
  }

  private Gated empty(Pass pass, Workspace work) {
    return new Gated(
        work.empty(pass.tokens(), gate.shape().outputs()),
        work.empty(pass.tokens(), up.shape().outputs()));
  }

  /**
   * @param layer whose forward this was
   * @param raised what the gate and up layers wrote
   */
  private record GatedTrace(GatedFeedForward layer, Gated raised) implements Trace {
    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      try (Workspace work = pass.workspace()) {
        Tensor dGated = work.empty(pass.tokens(), layer.down.shape().inputs());
        Tensor read = pass.needsInputs() ? gated(pass, work) : null;
        layer.down.backward(pass, read, dOut, dGated, 0);
        Gated gradients = layer.empty(pass, work);
        pass.device().gateBackward(layer.activation, raised, dGated, gradients);
        layer.gate.backward(pass, in, gradients.gate(), dIn, 0);
        layer.up.backward(pass, in, gradients.up(), dIn, 1);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {
      pass.inputs(List.of(layer.gate.shape(), layer.up.shape()), in);
      try (Workspace work = pass.workspace()) {
        pass.inputs(List.of(layer.down.shape()), gated(pass, work));
      }
    }

    /** What the down layer read; cheaper to compute again than to keep. */
    private Tensor gated(Pass pass, Workspace work) {
      Tensor gated = work.empty(pass.tokens(), layer.down.shape().inputs());
      pass.device().gate(layer.activation, raised, gated);
      return gated;
    }
  }
}
