package org.llmsurgeon.curvature;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/** Bases of small layers, made at once. */
public final class EigenBases {
  private EigenBases() {}

  /** That of two factors, either precision. */
  public static EigenBasis of(Device device, KroneckerFactors factors) {
    Tensor g = copy(device, factors.g());
    double[] valuesG = device.eigen(g);
    Tensor a = copy(device, factors.a());
    return new EigenBasis(g, valuesG, a, device.eigen(a));
  }

  private static Tensor copy(Device device, Tensor from) {
    Tensor to = device.empty(Precision.DOUBLE, from.rows(), from.columns());
    device.copy(from, to);
    return to;
  }

  /** KFAC in its own basis: the same as its factors with that damping. */
  static EigenCurvature kfac(Device device, EigenBasis basis, Damping damping) {
    int columns = basis.valuesA().length;
    double[] products = new double[basis.valuesG().length * columns];
    for (int i = 0; i < products.length; i++) {
      products[i] = basis.valuesG()[i / columns] * basis.valuesA()[i % columns];
    }
    try (Tensor values =
        device.tensor(Precision.DOUBLE, basis.valuesG().length, columns, products)) {
      return EigenCurvature.ekfac(device, "fc1", basis, values, damping);
    }
  }
}
