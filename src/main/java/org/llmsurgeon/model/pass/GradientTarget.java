package org.llmsurgeon.model.pass;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Where one batch's gradient of one parameter is added: the caller's sum itself, or, where that has
 * another precision, a tensor beside it that is added to the sum on {@link #close}. Not wanted
 * where the caller did not ask for this parameter.
 */
public final class GradientTarget implements AutoCloseable {
  private final Device device;
  private final Tensor sum;
  private final Tensor part;

  GradientTarget(Device device, Precision precision, Tensor sum) {
    this.device = device;
    this.sum = sum;
    boolean direct = sum == null || sum.precision() == precision;
    this.part = direct ? sum : device.zeros(precision, sum.rows(), sum.columns());
  }

  /** Whether anybody asked for this gradient. */
  public boolean isWanted() {
    return part != null;
  }

  /** Tensor to add to; null where the gradient is not wanted. */
  public Tensor tensor() {
    return part;
  }

  @Override
  public void close() {
    if (part != sum) {
      device.add(1, part, sum);
      part.close();
    }
  }
}
