package org.llmsurgeon.pipeline;

import java.lang.management.ManagementFactory;
import org.llmsurgeon.model.MemoryLimits;

/** How much memory this machine, or the container this process runs in, has. */
final class PhysicalMemory {
  private static final int SHARE = 8;

  private PhysicalMemory() {}

  /** All of it, in bytes. */
  static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  /**
   * Bytes that one task's forward pass may keep for its backward pass, so that a task on every core
   * takes an eighth of the memory. It does not change any result.
   */
  static long keepBytes() {
    long share = bytes() / SHARE / Runtime.getRuntime().availableProcessors();
    return Math.min(MemoryLimits.DEFAULT.keepBytes(), share);
  }
}
