package org.llmsurgeon.checkpoint.arrow;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Memory outside the heap for Arrow's buffers. */
final class ArrowMemory {
  private ArrowMemory() {}

  /**
   * A new allocator, to be closed after everything it gave.
   *
   * @param limit bytes that it gives at most at a time
   */
  public static BufferAllocator allocator(long limit) {
    try {
      return new RootAllocator(limit);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "Arrow needs the Java option --add-opens=java.base/java.nio=ALL-UNNAMED", e);
    }
  }
}
