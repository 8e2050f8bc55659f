package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.CurvatureOperator;

/** {@code x -> G x A} and {@code x -> Gi x Ai} of a live layer, both factors damped. */
final class LiveOperator implements CurvatureOperator {
  private final Device device;
  private final LiveLayer layer;
  private final Tensor inverseG;
  private final Tensor inverseA;

  /** Inverts both factors, which settles how much damping there is. */
  public LiveOperator(Device device, LiveLayer layer) {
    this.device = device;
    this.layer = layer;
    this.inverseG = layer.outputs().inverse().matrix();
    this.inverseA = layer.inputs().inverse().matrix();
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
