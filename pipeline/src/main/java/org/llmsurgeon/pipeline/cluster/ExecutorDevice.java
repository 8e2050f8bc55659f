package org.llmsurgeon.pipeline.cluster;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.TensorMemory;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.compute.cuda.CudaDevice;
import org.llmsurgeon.compute.cuda.driver.CudaCard;
import org.llmsurgeon.compute.cuda.driver.CudaUnavailableException;

/**
 * The devices of this process: the processor, and the cards that Spark gives to its tasks. Tasks of
 * one process share them. A task computes on a card where its stage says so, see {@link
 * GpuPlacement}.
 */
public final class ExecutorDevice {
  /** Spark's local property of stages on cards: what they do, a {@link GpuWork}. */
  static final String WORK = "llmsurgeon.gpu.work";

  /** The card of tasks to which Spark gives none, as in a local run. */
  private static final String FIRST = "0";

  private static final Map<String, CudaDevice> CARDS = new HashMap<>();
  private static Device processor;

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

  /** The device of this thread's task, made on first use; it lives as long as the process. */
  public static Device shared() {
    TaskContext task = TaskContext.get();
    String work = task == null ? null : task.getLocalProperty(WORK);
    return work == null ? processor() : card(gpuAddress().orElse(FIRST), GpuWork.valueOf(work));
  }

  private static synchronized Device processor() {
    if (processor == null) {
      processor = CpuDevice.create();
    }
    return processor;
  }

  private static synchronized Device card(String address, GpuWork work) {
    CudaDevice card =
        CARDS.computeIfAbsent(
            address, each -> CudaDevice.open(ordinal(each), GpuWork.SOLVES.products()));
    return work == GpuWork.SOLVES
        ? card
        : CARDS.computeIfAbsent(address + " " + work, each -> card.multiplyingIn(work.products()));
  }

  /**
   * Why the card of this thread's task, else the first one of this machine, cannot be used; empty
   * where it can.
   */
  static String problem() {
    try {
      CudaCard.of(ordinal(gpuAddress().orElse(FIRST)));
      card(gpuAddress().orElse(FIRST), GpuWork.SOLVES).synchronize();
      return "";
    } catch (CudaUnavailableException unavailable) {
      return unavailable.getMessage();
    }
  }

  /**
   * The number by which CUDA knows a card in this process.
   *
   * @param address as Spark's discovery names it
   */
  private static int ordinal(String address) {
    return ordinal(address, System.getenv("CUDA_VISIBLE_DEVICES"));
  }

  /**
   * As {@link #ordinal(String)}.
   *
   * @param visible the cards that CUDA shows, in its order; null for all
   */
  public static int ordinal(String address, String visible) {
    if (visible != null && !visible.isBlank()) {
      List<String> shown = Arrays.stream(visible.split(",")).map(String::strip).toList();
      if (shown.contains(address)) {
        return shown.indexOf(address);
      }
    }
    try {
      return Integer.parseInt(address);
    } catch (NumberFormatException e) {
      throw new CudaUnavailableException(
          "The GPU address '"
              + address
              + "' is no number and not in CUDA_VISIBLE_DEVICES; the discovery script must give one"
              + " or the other.",
          e);
    }
  }

  /** What tensors take of this machine's memory; empty where none was made yet. */
  static synchronized Optional<TensorMemory> memory() {
    return Optional.ofNullable(processor).flatMap(Device::memory);
  }
}
