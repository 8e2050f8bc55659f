package org.llmsurgeon.compute.cuda;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceProvider;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.Devices;
import org.llmsurgeon.compute.ProductPrecision;

/** The CUDA cards of this machine, by their numbers or by what {@code nvidia-smi -L} says. */
public final class CudaProvider implements DeviceProvider {
  @Override
  public String name() {
    return Devices.CARD;
  }

  /** {@inheritDoc} It multiplies in IEEE single precision. */
  @Override
  public Device open(String address) {
    int ordinal = ordinal(address, System.getenv("CUDA_VISIBLE_DEVICES"));
    return CudaDevice.open(ordinal, ProductPrecision.FLOAT32);
  }

  /**
   * The number by which CUDA knows a card in this process.
   *
   * @param address as Spark's discovery names it
   * @param visible the cards that CUDA shows, in its order; null for all
   */
  static int ordinal(String address, String visible) {
    if (visible != null && !visible.isBlank()) {
      List<String> shown = Arrays.stream(visible.split(",")).map(String::strip).toList();
      if (shown.contains(address)) {
        return shown.indexOf(address);
      }
    }
    try {
      return Integer.parseInt(address);
    } catch (NumberFormatException e) {
      throw new DeviceUnavailableException(
          "The GPU address '"
              + address
              + "' is no number and not in CUDA_VISIBLE_DEVICES; the discovery script must give one"
              + " or the other.",
          e);
    }
  }
}
