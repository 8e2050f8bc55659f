package org.llmsurgeon.pipeline.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.llmsurgeon.compute.TensorMemory;

/** The most memory of this process that was resident. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path FORGET = Path.of("/proc/self/clear_refs");
  private static final String FIELD = "VmHWM:";
  private static final long KIB = 1024;

  private static Object stage;

  private PeakMemory() {}

  /**
   * Says that this process works on a stage. Where that is a new one, peaks begin anew.
   *
   * @param name unlike that of any other stage
   */
  static synchronized void beginStage(Object name) {
    if (!name.equals(stage)) {
      stage = name;
      reset();
      ExecutorDevice.memory().ifPresent(TensorMemory::restart);
    }
  }

  /** The most that tensors of this process took since the stage began, in bytes. */
  static synchronized long stageDeviceBytes() {
    return ExecutorDevice.memory().map(TensorMemory::peak).orElse(0L);
  }

  /** The peak since the stage began, in bytes, or null where the system does not tell. */
  static synchronized Long stageBytes() {
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

  /** What tensors of this process take now, in bytes. */
  static synchronized long deviceBytes() {
    return ExecutorDevice.memory().map(TensorMemory::bytes).orElse(0L);
  }

  private static void reset() {
    try {
      Files.writeString(FORGET, "5");
    } catch (IOException notThisSystem) {
      // Then a stage has the peak of those before it
    }
  }
}
