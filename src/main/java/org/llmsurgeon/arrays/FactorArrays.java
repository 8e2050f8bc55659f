package org.llmsurgeon.arrays;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.operand.Nd4jArrays;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The curvature of a layer as arrays. Those of factors on the processor are views: what one writes
 * the other reads, and they are valid until the factors are closed.
 *
 * @param a {@code [in, in]}, the bias last
 * @param g {@code [out, out]}
 * @param tokens how many the means are over
 */
public record FactorArrays(INDArray a, INDArray g, long tokens) {
  /**
   * Factors as arrays.
   *
   * @param device where they live
   * @param factors of a layer
   */
  public static FactorArrays of(Device device, KroneckerFactors factors) {
    return new FactorArrays(
        Nd4jArrays.of(device, factors.a()), Nd4jArrays.of(device, factors.g()), factors.tokens());
  }
}
