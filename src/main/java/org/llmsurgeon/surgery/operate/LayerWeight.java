package org.llmsurgeon.surgery.operate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;

/**
 * The weight and bias of a linear layer, single precision, and their form as one matrix in which
 * pruning sees them.
 *
 * @param weight {@code [out, in]}
 * @param bias {@code [1, out]}, or null where the layer has none
 */
public record LayerWeight(Tensor weight, Tensor bias) implements AutoCloseable {
  /**
   * Loads a layer's weight and bias.
   *
   * @param device where they are wanted
   * @param layer the layer
   * @param weights where they come from
   */
  public static LayerWeight load(Device device, LinearShape layer, WeightSource weights) {
    Tensor weight = weights.load(layer.weightName(), device);
    return new LayerWeight(weight, layer.bias() ? weights.load(layer.biasName(), device) : null);
  }

  /**
   * The weight with the bias as its last column, in double: {@code [out, in + 1]}, or {@code [out,
   * in]} without a bias.
   *
   * @param device where they live
   * @return a new tensor that the caller owns
   */
  public Tensor augmented(Device device) {
    int outputs = weight.rows();
    int inputs = weight.columns();
    Tensor all = device.empty(Precision.DOUBLE, outputs, inputs + (bias == null ? 0 : 1));
    try (TensorScope scope = new TensorScope(device)) {
      Tensor wide = bias == null ? all : scope.empty(Precision.DOUBLE, outputs, inputs);
      device.copy(weight, wide);
      if (bias != null) {
        Tensor column = scope.empty(Precision.DOUBLE, 1, outputs);
        device.copy(bias, column);
        device.scatter(wide, null, range(inputs), all);
        device.scatter(column.reshape(outputs, 1), null, new int[] {inputs}, all);
      }
    }
    return all;
  }

  /** As {@link #augmented(Device)}, of a layer that is read for it; the scope owns it. */
  static Tensor augmented(TensorScope scope, LinearShape layer, WeightSource weights) {
    try (LayerWeight weight = load(scope.device(), layer, weights)) {
      return scope.own(weight.augmented(scope.device()));
    }
  }

  /**
   * Splits a matrix as {@link #augmented} gives it, rounding once to single precision.
   *
   * @param device where it lives
   * @param layer the layer
   * @param all {@code [out, in]} or {@code [out, in + 1]}, double
   * @return new tensors that the caller owns
   */
  public static LayerWeight split(Device device, LinearShape layer, Tensor all) {
    int outputs = layer.outputs();
    int inputs = layer.inputs();
    Tensor weight = device.empty(Precision.SINGLE, outputs, inputs);
    if (!layer.bias()) {
      device.copy(all, weight);
      return new LayerWeight(weight, null);
    }
    Tensor bias = device.empty(Precision.SINGLE, 1, outputs);
    try (TensorScope scope = new TensorScope(device)) {
      Tensor wide = scope.empty(Precision.DOUBLE, outputs, inputs);
      Tensor column = scope.empty(Precision.DOUBLE, outputs, 1);
      device.gather(all, null, range(inputs), wide);
      device.gather(all, null, new int[] {inputs}, column);
      device.copy(wide, weight);
      device.copy(column.reshape(1, outputs), bias);
    }
    return new LayerWeight(weight, bias);
  }

  private static int[] range(int count) {
    int[] range = new int[count];
    for (int i = 0; i < count; i++) {
      range[i] = i;
    }
    return range;
  }

  @Override
  public void close() {
    weight.close();
    if (bias != null) {
      bias.close();
    }
  }
}
