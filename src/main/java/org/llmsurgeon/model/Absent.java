package org.llmsurgeon.model;

import org.llmsurgeon.compute.Tensor;

/** A sublayer that is not there: it adds nothing. */
enum Absent implements Sublayer {
  /** The only one. */
  PART;

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    pass.device().scale(0, out);
    return (run, input, dOut, dIn) -> {
      if (dIn != null) {
        run.device().scale(0, dIn);
      }
    };
  }
}
