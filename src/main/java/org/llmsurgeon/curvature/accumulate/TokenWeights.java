package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** {@code y^T M y} of each token: products in the precision of the tokens, their sum in double. */
final class TokenWeights implements AutoCloseable {
  private final TensorScope scope;
  private final TokenShape shape;
  private final Tensor matrix;
  private final Tensor twiceLastRow;
  private final Tensor corner;

  /**
   * @param shape of the tokens
   * @param precision of the tokens
   * @param full {@code M}, symmetric, {@code [n, n]} with {@code n} the size of a token
   */
  TokenWeights(Device device, TokenShape shape, Precision precision, Tensor full) {
    this.scope = new TensorScope(device);
    this.shape = shape;
    int width = shape.width();
    Tensor rounded = scope.empty(precision, full.rows(), full.columns());
    device.copy(full, rounded);
    if (shape.bias()) {
      int[] inner = new int[width];
      for (int i = 0; i < width; i++) {
        inner[i] = i;
      }
      matrix = scope.empty(precision, width, width);
      device.gather(rounded, inner, inner, matrix);
      twiceLastRow = scope.empty(precision, 1, width);
      device.gather(rounded, new int[] {width}, inner, twiceLastRow);
      device.scale(2, twiceLastRow);
      corner = scope.empty(Precision.DOUBLE, 1, 1);
      Tensor exact = full;
      if (full.precision() != Precision.DOUBLE) {
        exact = scope.empty(Precision.DOUBLE, full.rows(), full.columns());
        device.copy(full, exact);
      }
      device.gather(exact, new int[] {width}, new int[] {width}, corner);
    } else {
      matrix = rounded;
      twiceLastRow = null;
      corner = null;
    }
  }

  /**
   * One weight for each token.
   *
   * @param tokens {@code [tokens, width]}
   * @param into {@code [tokens, 1]} of double precision, written
   */
  void of(Tensor tokens, Tensor into) {
    shape.check(tokens);
    Device device = scope.device();
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = work.empty(tokens.precision(), tokens.rows(), tokens.columns());
      device.multiply(1, tokens, matrix, 0, product);
      if (shape.bias()) {
        Tensor ones = OnesColumn.of(work, tokens.precision(), tokens.rows());
        device.multiply(1, ones, twiceLastRow, 1, product);
      }
      device.rowDots(product, tokens, into);
      if (shape.bias()) {
        device.multiply(1, OnesColumn.of(work, Precision.DOUBLE, tokens.rows()), corner, 1, into);
      }
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
