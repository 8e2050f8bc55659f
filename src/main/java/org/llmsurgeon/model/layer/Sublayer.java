package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/** What a block adds to the residual stream: an attention or a feed-forward. */
public interface Sublayer {
  /**
   * @param pass the batch
   * @param in {@code [tokens, hidden]}
   * @param out {@code [tokens, hidden]}, written
   * @param kept owns what the backward needs
   * @return the way back
   */
  Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept);

  /** A forward that was done, with what its backward needs. */
  interface Trace {
    /**
     * @param pass the batch
     * @param in what the forward read, or null where {@link Pass#needsInputs()} says so
     * @param dOut {@code [tokens, hidden]}
     * @param dIn {@code [tokens, hidden]}, overwritten, or null where nobody needs it
     */
    void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn);

    /**
     * Shows the tap what the linear layers read in a forward that nobody looked at.
     *
     * @param pass the batch
     * @param in what the forward read
     */
    void showInputs(Pass pass, Tensor in);
  }
}
