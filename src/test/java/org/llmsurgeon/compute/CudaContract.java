package org.llmsurgeon.compute;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.cuda.CudaDevice;
import org.llmsurgeon.compute.cuda.ProductPrecision;

/** The contract on the cuda device, whatever stands behind it, with one precision of products. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CudaContract extends DeviceContract {
  private final ProductPrecision products;
  private CudaDevice device;

  CudaContract(ProductPrecision products) {
    this.products = products;
  }

  @Override
  public CudaDevice device() {
    if (device == null) {
      device = CudaDevice.open(0, products);
    }
    return device;
  }

  @AfterAll
  void close() {
    if (device != null) {
      device.close();
    }
  }

  @Override
  public Tolerances.Level tolerances(Precision precision) {
    return precision == Precision.DOUBLE
        ? Tolerances.DOUBLE
        : switch (products) {
          case FLOAT32 -> Tolerances.SINGLE;
          case TF32 -> Tolerances.TF32;
          case BFLOAT16 -> Tolerances.BFLOAT16;
        };
  }
}
