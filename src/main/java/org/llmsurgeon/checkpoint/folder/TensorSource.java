package org.llmsurgeon.checkpoint.folder;

import org.llmsurgeon.compute.Tensor;

/** Where the tensors come from that replace those of a checkpoint. */
@FunctionalInterface
public interface TensorSource {
  /**
   * The new values of a tensor, in either precision.
   *
   * @param name its name in the checkpoint
   * @return a tensor of the same shape; closed by the caller when it is written
   */
  Tensor load(String name);
}
