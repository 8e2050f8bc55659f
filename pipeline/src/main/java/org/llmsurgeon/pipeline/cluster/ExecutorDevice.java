package org.llmsurgeon.pipeline.cluster;

import java.util.Optional;
import org.apache.spark.TaskContext;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorMemory;
import org.llmsurgeon.compute.cpu.CpuDevice;

/**
 * The device of this process. Tasks of one process share it. Arithmetic is on the CPU in this
 * version, also where Spark gave the task a GPU: that decides only where the task runs.
 */
public final class ExecutorDevice {
  private static Device device;

  private ExecutorDevice() {}

  /**
   * The GPU that Spark has given to the task of this thread, for example {@code 0}; empty outside a
   * task and where it has none.
   */
  public static Optional<String> gpuAddress() {
    TaskContext task = TaskContext.get();
    return Optional.ofNullable(task == null ? null : task.resourcesJMap().get(GpuStages.RESOURCE))
        .map(resource -> resource.addresses()[0]);
  }

  /** The device, made on first use; it lives as long as the process. */
  public static synchronized Device shared() {
    if (device == null) {
      device = CpuDevice.create();
    }
    return device;
  }

  /** What its tensors take; empty where the device is not made yet, or does not count. */
  static synchronized Optional<TensorMemory> memory() {
    return Optional.ofNullable(device).flatMap(Device::memory);
  }
}
