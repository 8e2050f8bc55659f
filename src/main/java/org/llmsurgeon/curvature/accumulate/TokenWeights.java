package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;

/** {@code y^T M y} of each token, in the precision of the tokens. */
final class TokenWeights implements AutoCloseable {
  private final TensorScope scope;
  private final TokenShape shape;
  private final Tensor matrix;
  private final Tensor twiceLastRow;
  private final double corner;

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
      corner = device.diagonal(full)[width];
    } else {
      matrix = rounded;
      twiceLastRow = null;
      corner = 0;
    }
  }

  /**
   * One weight for each token.
   *
   * @param tokens {@code [tokens, width]}
   */
  double[] of(Tensor tokens) {
    shape.check(tokens);
    Device device = scope.device();
    try (TensorScope work = new TensorScope(device)) {
      Tensor product = work.empty(tokens.precision(), tokens.rows(), tokens.columns());
      device.multiply(1, tokens, matrix, 0, product);
      if (shape.bias()) {
        Tensor ones = OnesColumn.of(work, tokens.precision(), tokens.rows());
        device.multiply(1, ones, twiceLastRow, 1, product);
      }
      double[] weights = device.rowDots(product, tokens);
      for (int i = 0; i < weights.length; i++) {
        weights[i] += corner;
      }
      return weights;
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
