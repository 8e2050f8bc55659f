package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/** A sublayer that is not there: it adds nothing. */
public enum Absent implements Sublayer {
  /** The only one. */
  PART;

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    pass.device().scale(0, out);
    return Way.BACK;
  }

  /** The way back, which keeps nothing. */
  private enum Way implements Trace {
    BACK;

    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      if (dIn != null) {
        pass.device().scale(0, dIn);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {}
  }
}
