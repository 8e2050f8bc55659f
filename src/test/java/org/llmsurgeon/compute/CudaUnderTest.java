package org.llmsurgeon.compute;

import java.util.EnumMap;
import java.util.Map;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.cuda.CudaDevice;

/** The cuda device, whatever stands behind it, with one precision of products. */
interface CudaUnderTest extends DeviceUnderTest {
  /** How the device multiplies. */
  ProductPrecision products();

  @Override
  default Device device() {
    return Opened.of(products());
  }

  @Override
  default Tolerances.Level tolerances(Precision precision) {
    if (precision == Precision.DOUBLE) {
      return Tolerances.DOUBLE;
    }
    return switch (products()) {
      case FLOAT32 -> Tolerances.SINGLE;
      case TF32 -> Tolerances.TF32;
      case BFLOAT16 -> Tolerances.BFLOAT16;
    };
  }

  /** One device of each kind, for all tests of this process. */
  final class Opened {
    private static final Map<ProductPrecision, Device> DEVICES =
        new EnumMap<>(ProductPrecision.class);

    private Opened() {}

    private static synchronized Device of(ProductPrecision products) {
      return DEVICES.computeIfAbsent(products, each -> CudaDevice.open(0, each));
    }
  }
}
