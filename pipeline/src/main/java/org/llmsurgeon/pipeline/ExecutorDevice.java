package org.llmsurgeon.pipeline;

import org.llmsurgeon.compute.CpuDevice;
import org.llmsurgeon.compute.Device;

/** The device of this process. Tasks of one process share it. */
final class ExecutorDevice {
  private static Device device;

  private ExecutorDevice() {}

  /** The device, made on first use; it lives as long as the process. */
  static synchronized Device shared() {
    if (device == null) {
      device = CpuDevice.create();
    }
    return device;
  }
}
