package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Tensor;

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
  @Override
  public void close() {
    g.close();
    a.close();
  }
}
