package org.llmsurgeon.model.weights;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/** Where a network's weights come from, by their names in the checkpoint. */
public interface WeightSource {
  /**
   * Whether there is a tensor of this name.
   *
   * @param name for example {@code model.layers.0.self_attn.q_proj.weight}
   */
  boolean contains(String name);

  /**
   * Shape of a tensor.
   *
   * @param name its name
   * @return its dimensions as stored, one for a vector
   * @throws org.llmsurgeon.InputException naming the tensor, where it is absent
   */
  int[] shape(String name);

  /**
   * Loads a tensor; a vector becomes {@code [1, n]}. All tensors of a source have one precision,
   * single as a rule, and the network computes in it. The tensor may lie over read-only memory, see
   * {@link #writable()}.
   *
   * @param name its name
   * @param device where to put it
   * @return the tensor, owned by the caller
   * @throws org.llmsurgeon.InputException naming the tensor, where it is absent
   */
  Tensor load(String name, Device device);

  /**
   * Loads some consecutive elements of a tensor as a matrix. A source that can reads these only.
   *
   * @param name its name
   * @param first index of the first element
   * @param rows of the matrix
   * @param columns of the matrix
   * @param device where to put it
   * @return the matrix, owned by the caller
   */
  default Tensor load(String name, long first, int rows, int columns, Device device) {
    try (Tensor whole = load(name, device)) {
      double[] values = new double[Math.multiplyExact(rows, columns)];
      device.download(whole, first, values, 0, values.length);
      return device.tensor(whole.precision(), rows, columns, values);
    }
  }

  /**
   * The same weights, each loaded into memory of its own, for a model whose weights will be changed
   * in place. Costs one copy of the model.
   */
  default WeightSource writable() {
    return new WritableWeights(this);
  }
}
