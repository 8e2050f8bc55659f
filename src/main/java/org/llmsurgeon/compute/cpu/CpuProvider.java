package org.llmsurgeon.compute.cpu;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceProvider;
import org.llmsurgeon.compute.Devices;

/** The processor, whatever the address. */
public final class CpuProvider implements DeviceProvider {
  @Override
  public String name() {
    return Devices.PROCESSOR;
  }

  @Override
  public Device open(String address) {
    return CpuDevice.create();
  }
}
