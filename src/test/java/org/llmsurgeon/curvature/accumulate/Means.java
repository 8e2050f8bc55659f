package org.llmsurgeon.curvature.accumulate;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/** Means of what accumulators have summed; the caller owns them. */
public final class Means {
  private Means() {}

  /** Of a packed lower triangle, in full: {@code [size, size]}. */
  public static Tensor ofTriangle(Device device, Tensor packed, int size, int tokens) {
    Tensor full = device.empty(Precision.DOUBLE, size, size);
    device.unpack(packed, full);
    device.scale(1.0 / tokens, full);
    return full;
  }

  /** Of a matrix. */
  public static Tensor of(Device device, Tensor sum, int tokens) {
    Tensor mean = device.empty(Precision.DOUBLE, sum.rows(), sum.columns());
    device.copy(sum, mean);
    device.scale(1.0 / tokens, mean);
    return mean;
  }
}
