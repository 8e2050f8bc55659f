package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.accumulate.EigenvalueAccumulator;

/**
 * Eigenvectors and eigenvalues of both factors of a layer, undamped: the basis in which {@code
 * EKFAC} corrects the eigenvalues.
 *
 * @param g {@code [out, out]}: row {@code i} is the eigenvector of {@code valuesG[i]}; double
 * @param valuesG eigenvalues of {@code G}, ascending
 * @param a {@code [in, in]}: row {@code j} is the eigenvector of {@code valuesA[j]}; double
 * @param valuesA eigenvalues of {@code A}, ascending
 */
public record EigenBasis(Tensor g, double[] valuesG, Tensor a, double[] valuesA)
    implements AutoCloseable {

  /**
   * The basis of two factors. Time: two symmetric eigenproblems.
   *
   * @param device where they live
   * @param factors either precision; dead rows and columns taken out
   */
  public static EigenBasis of(Device device, KroneckerFactors factors) {
    Tensor g = copy(device, factors.g());
    double[] valuesG = device.eigen(g);
    Tensor a = copy(device, factors.a());
    return new EigenBasis(g, valuesG, a, device.eigen(a));
  }

  /**
   * The same eigenvectors over all of a layer, dead rows and columns counted: what an {@link
   * EigenvalueAccumulator} projects tokens on.
   *
   * @param device where they live
   * @param rows the layer's row of each entry of {@code G}'s eigenvectors
   * @param outputs rows of the layer
   * @param columns the layer's column of each entry of {@code A}'s eigenvectors
   * @param inputs columns of the layer, the bias counted
   * @return {@code g} is {@code [rows, outputs]}, {@code a} is {@code [columns, inputs]}; new
   *     tensors
   */
  public EigenBasis spread(Device device, int[] rows, int outputs, int[] columns, int inputs) {
    Tensor wideG = device.zeros(Precision.DOUBLE, g.rows(), outputs);
    device.scatter(g, null, rows, wideG);
    Tensor wideA = device.zeros(Precision.DOUBLE, a.rows(), inputs);
    device.scatter(a, null, columns, wideA);
    return new EigenBasis(wideG, valuesG, wideA, valuesA);
  }

  private static Tensor copy(Device device, Tensor from) {
    Tensor to = device.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  @Override
  public void close() {
    g.close();
    a.close();
  }
}
