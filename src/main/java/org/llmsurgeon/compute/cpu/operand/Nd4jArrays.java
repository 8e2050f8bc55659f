package org.llmsurgeon.compute.cpu.operand;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors of any device, and plain numbers, as arrays of ND4J. */
public final class Nd4jArrays {
  private Nd4jArrays() {}

  /**
   * A tensor as an array {@code [rows, columns]}, FLOAT or DOUBLE, in c order. Over the same memory
   * where it is the processor's: see {@link CpuTensor#array}. Else a copy, in double.
   *
   * @param device where the tensor lives
   * @param tensor of at most 2^31 - 1 elements, where it is copied
   */
  public static INDArray of(Device device, Tensor tensor) {
    if (tensor instanceof CpuTensor here) {
      return here.array();
    }
    CpuBlas.startNd4j();
    return Nd4j.createFromArray(device.values(tensor)).reshape(tensor.rows(), tensor.columns());
  }

  /**
   * Numbers as an array {@code [n]}, DOUBLE, over memory of its own.
   *
   * @param values the numbers
   */
  public static INDArray of(double... values) {
    CpuBlas.startNd4j();
    return Nd4j.createFromArray(values);
  }
}
