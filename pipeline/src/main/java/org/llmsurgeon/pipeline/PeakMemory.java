package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The most memory of this process that was resident since it was last asked to forget. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path FORGET = Path.of("/proc/self/clear_refs");
  private static final String FIELD = "VmHWM:";
  private static final long KIB = 1024;

  private PeakMemory() {}

  /**
   * Begins anew, where the system can.
   *
   * @return whether it could
   */
  static boolean forget() {
    try {
      Files.writeString(FORGET, "5");
      return true;
    } catch (IOException notThisSystem) {
      return false;
    }
  }

  /** Bytes, or null where the system does not tell. */
  static Long bytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(FIELD)) {
          return KIB * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
      return null;
    } catch (IOException notThisSystem) {
      return null;
    }
  }
}
