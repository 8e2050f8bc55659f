package org.llmsurgeon.pipeline.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.Devices;
import org.llmsurgeon.compute.TensorMemory;

/**
 * The devices of this process, by the names of their kinds: the processor, and the cards that Spark
 * gives to its tasks. Tasks of one process share them. A task computes on a card where its stage
 * says so, see {@link GpuPlacement}.
 */
public final class ExecutorDevice {
  /** Spark's local property of stages on cards: what they do, a {@link GpuWork}. */
  static final String WORK = "llmsurgeon.gpu.work";

  /** Spark setting: what computes where no card does, by the name of its kind. */
  public static final String SETTING = "spark.llmsurgeon.device";

  private static final Map<String, Device> CARDS = new HashMap<>();
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
    return work == null ? processor() : card(address(), GpuWork.valueOf(work));
  }

  /** The card that Spark gives to this thread's task, else the first one, as in a local run. */
  private static String address() {
    return gpuAddress().orElse(Devices.FIRST);
  }

  private static synchronized Device processor() {
    if (processor == null) {
      SparkEnv spark = SparkEnv.get();
      String kind = kind(spark == null ? new SparkConf(false) : spark.conf());
      processor = Devices.open(kind, Devices.FIRST);
    }
    return processor;
  }

  /**
   * What computes where no card does.
   *
   * @param conf the settings of Spark
   * @return the name of a kind of device
   * @throws org.llmsurgeon.InputException if the setting names none
   */
  static String kind(SparkConf conf) {
    return Devices.provider(conf.get(SETTING, Devices.PROCESSOR)).name();
  }

  private static synchronized Device card(String address, GpuWork work) {
    Device card = CARDS.computeIfAbsent(address, each -> Devices.open(Devices.CARD, each));
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
      card(address(), GpuWork.SOLVES).synchronize();
      return "";
    } catch (DeviceUnavailableException unavailable) {
      return unavailable.getMessage();
    }
  }

  /** What tensors take of this machine's memory; empty where none was made yet. */
  static synchronized Optional<TensorMemory> memory() {
    return Optional.ofNullable(processor).flatMap(Device::memory);
  }
}
