package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureOperator;

/** {@code x -> G x A} and {@code x -> Gi x Ai} of a live layer, both factors damped. */
final class LiveOperator implements CurvatureOperator {
  private final Device device;
  private final LiveLayer layer;
  private final Tensor inverseG;
  private final Tensor inverseA;

  /** Inverts both factors, which settles how much damping there is. */
  public LiveOperator(Device device, LiveLayer layer) {
    this(device, layer, layer.outputs().inverse().matrix(), layer.inputs().inverse().matrix());
  }

  private LiveOperator(Device device, LiveLayer layer, Tensor inverseG, Tensor inverseA) {
    this.device = device;
    this.layer = layer;
    this.inverseG = inverseG;
    this.inverseA = inverseA;
  }

  /**
   * Inverts {@code X * (1 + K) / 2} for each factor {@code X}, where {@code K} says how much of
   * what two rows, or columns, keep lies at the same places, as the cosine of their angle. A weight
   * feels another through {@code X} only where both are kept: the inverse of all of {@code X}
   * counts on partners that are gone. {@code K} is positive semi-definite and so the product is
   * positive definite (Schur). That halves the steps to a given cost, found by trial.
   */
  @Override
  public CurvatureOperator among(TensorScope scope, Tensor kept) {
    Operand turned = kept.transposed();
    return new LiveOperator(
        device,
        layer,
        inverse(scope, layer.outputs(), kept, turned),
        inverse(scope, layer.inputs(), turned, kept));
  }

  private Tensor inverse(TensorScope scope, LiveFactor factor, Operand lines, Operand turned) {
    int size = factor.size();
    Tensor damped = scope.empty(Precision.DOUBLE, size, size);
    try (TensorScope work = new TensorScope(device)) {
      Tensor overlap = work.empty(Precision.DOUBLE, size, size);
      device.multiply(1, lines, turned, 0, overlap);
      double[] lengths = device.diagonal(overlap);
      for (int i = 0; i < size; i++) {
        lengths[i] = lengths[i] == 0 ? 0 : 1 / Math.sqrt(lengths[i]);
      }
      Tensor scales = work.own(device.tensor(Precision.DOUBLE, size, 1, lengths));
      device.multiply(1, scales, scales.transposed(), 0, damped);
      device.multiplyElements(damped, overlap);
      device.copy(factor.matrix(), damped);
      device.multiplyElements(overlap, damped);
    }
    device.add(1, factor.matrix(), damped);
    device.scale(0.5, damped);
    device.addDiagonal(damped, factor.dampingConstant());
    if (device.cholesky(damped) >= 0) {
      return factor.inverse().matrix();
    }
    device.inverseFromCholesky(damped);
    return damped;
  }

  @Override
  public void times(Tensor x, Tensor into) {
    double dampingG = layer.outputs().dampingConstant();
    double dampingA = layer.inputs().dampingConstant();
    try (Tensor half = device.empty(Precision.DOUBLE, x.rows(), x.columns())) {
      device.copy(x, half);
      device.multiply(1, layer.outputs().matrix(), x, dampingG, half);
      device.copy(half, into);
      device.multiply(1, half, layer.inputs().matrix(), dampingA, into);
    }
  }

  @Override
  public void solve(Tensor x, Tensor into) {
    try (Tensor half = device.empty(Precision.DOUBLE, x.rows(), x.columns())) {
      device.multiply(1, inverseG, x, 0, half);
      device.multiply(1, half, inverseA, 0, into);
    }
  }
}
