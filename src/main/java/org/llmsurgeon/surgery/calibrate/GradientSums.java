package org.llmsurgeon.surgery.calibrate;

import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.LinearShape;

/** Gradients of the loss with respect to weights, {@code sum_t g_t a_t^T}, biases left out. */
final class GradientSums extends PairSums<Tensor> {
  private final Device device;

  /**
   * @param device where the sums are kept
   * @param keys which ones
   */
  GradientSums(Device device, List<FactorKey> keys) {
    super(device, keys);
    this.device = device;
  }

  @Override
  FactorKey key(LinearShape layer) {
    return FactorPlan.gradient(layer);
  }

  @Override
  Tensor open(LinearShape layer) {
    return device.zeros(Precision.DOUBLE, layer.outputs(), layer.inputs());
  }

  @Override
  void add(Tensor sum, LinearShape layer, Tensor input, Tensor gradient) {
    try (Tensor part = device.empty(input.precision(), sum.rows(), sum.columns())) {
      device.multiply(1, gradient.transposed(), input, 0, part);
      device.add(1, part, sum);
    }
  }

  @Override
  Tensor total(FactorKey key, Tensor sum) {
    return sum;
  }

  @Override
  String description(FactorKey key) {
    return "gradient of the weight";
  }

  @Override
  void close(Tensor sum) {
    sum.close();
  }
}
