package org.llmsurgeon.model.layer;

import java.util.List;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Plain feed-forward {@code down(activation(up(x)))}.
 *
 * @param activation the non-linearity
 * @param up {@code hidden -> neurons}
 * @param down {@code neurons -> hidden}
 */
public record FeedForward(Activation activation, Linear up, Linear down) implements Sublayer {
  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Tensor raised = kept.empty(pass.tokens(), up.shape().outputs());
    pass.inputs(List.of(up.shape()), in);
    up.forward(pass, in, raised);
    try (Workspace work = pass.workspace()) {
      Tensor active = work.empty(raised.rows(), raised.columns());
      pass.device().activate(activation, raised, active);
      pass.inputs(List.of(down.shape()), active);
      down.forward(pass, active, out);
    }
    return new PlainTrace(this, raised);
  }

  /**
   * @param layer whose forward this was
   * @param raised what the activation read
   */
  private record PlainTrace(FeedForward layer, Tensor raised) implements Trace {
    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      try (Workspace work = pass.workspace()) {
        Tensor gradient = work.empty(raised.rows(), raised.columns());
        Tensor read = pass.needsInputs() ? active(pass, work) : null;
        layer.down.backward(pass, read, dOut, gradient, 0);
        pass.device().activateBackward(layer.activation, raised, gradient, gradient);
        layer.up.backward(pass, in, gradient, dIn, 0);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {
      pass.inputs(List.of(layer.up.shape()), in);
      try (Workspace work = pass.workspace()) {
        pass.inputs(List.of(layer.down.shape()), active(pass, work));
      }
    }

    /** What the down layer read; cheaper to compute again than to keep. */
    private Tensor active(Pass pass, Workspace work) {
      Tensor active = work.empty(raised.rows(), raised.columns());
      pass.device().activate(layer.activation, raised, active);
      return active;
    }
  }
}
