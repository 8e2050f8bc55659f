package org.llmsurgeon.model.weights;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/** Copies every tensor of another source into fresh memory. */
record WritableWeights(WeightSource source) implements WeightSource {
  @Override
  public boolean contains(String name) {
    return source.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return source.shape(name);
  }

  @Override
  public Tensor load(String name, Device device) {
    return copy(source.load(name, device), device);
  }

  @Override
  public Tensor load(String name, long first, int rows, int columns, Device device) {
    return copy(source.load(name, first, rows, columns, device), device);
  }

  private static Tensor copy(Tensor read, Device device) {
    try (Tensor original = read) {
      Tensor copy = device.empty(original.precision(), original.rows(), original.columns());
      device.copy(original, copy);
      return copy;
    }
  }

  @Override
  public WeightSource writable() {
    return this;
  }
}
