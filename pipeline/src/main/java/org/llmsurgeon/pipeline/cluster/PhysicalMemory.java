package org.llmsurgeon.pipeline.cluster;

import java.lang.management.ManagementFactory;

/** How much memory this machine, or the container this process runs in, has. */
final class PhysicalMemory {
  private PhysicalMemory() {}

  /** All of it, in bytes. */
  static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }
}
