package org.llmsurgeon.curvature.accumulate;

import java.util.Arrays;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** A column of ones: what turns a row into a matrix of equal rows. */
final class OnesColumn {
  private OnesColumn() {}

  static Tensor of(TensorScope scope, Precision precision, int size) {
    double[] ones = new double[size];
    Arrays.fill(ones, 1);
    return scope.own(scope.device().tensor(precision, size, 1, ones));
  }
}
