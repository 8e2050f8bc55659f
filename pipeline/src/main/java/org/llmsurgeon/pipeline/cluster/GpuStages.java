package org.llmsurgeon.pipeline.cluster;

import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ExecutorResourceRequests;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.llmsurgeon.InputException;

/**
 * What a stage asks of Spark so that its tasks run where GPUs are, each with one of its own.
 *
 * <p>Where all executors own GPUs ({@code spark.executor.resource.gpu.amount}), it asks for a GPU
 * per task. Under dynamic allocation executors need not own any from the start: then it asks for
 * executors with one GPU each, which come when the stage does and go when they are idle.
 */
final class GpuStages {
  /** Name of the resource in Spark. */
  static final String RESOURCE = "gpu";

  /** Spark setting: script that lists the GPUs of a machine, for executors that come later. */
  static final String DISCOVERY_SCRIPT = "spark.llmsurgeon.gpu.discoveryScript";

  private static final String AMOUNT = "spark.executor.resource.gpu.amount";
  private static final String DYNAMIC = "spark.dynamicAllocation.enabled";

  private GpuStages() {}

  /**
   * The profile of such a stage.
   *
   * @param conf the settings of Spark
   * @return empty where its tasks are tasks as all others
   * @throws InputException if GPUs are required and the settings give none
   */
  static Optional<ResourceProfile> profile(SparkConf conf) {
    GpuPolicy policy = GpuPolicy.of(conf);
    boolean required = policy == GpuPolicy.REQUIRED;
    if (policy == GpuPolicy.NONE || isLocal(conf)) {
      return Optional.empty();
    }
    if (conf.getInt(AMOUNT, 0) > 0) {
      return Optional.of(new ResourceProfileBuilder().require(task(conf)).build());
    }
    boolean dynamic = conf.getBoolean(DYNAMIC, false);
    if (dynamic && (required || conf.contains(DISCOVERY_SCRIPT))) {
      return Optional.of(
          new ResourceProfileBuilder().require(task(conf)).require(executor(conf)).build());
    }
    if (required) {
      throw new InputException(
          "GPUs are required, but the executors own none; set "
              + AMOUNT
              + " as conf/spark-gpu.conf does, or give --gpu auto.");
    }
    return Optional.empty();
  }

  /** Cards of an executor that has any: those that the settings give, else one. */
  static int cards(SparkConf conf) {
    return isLocal(conf) ? 1 : Math.max(1, conf.getInt(AMOUNT, 0));
  }

  /** Whether Spark runs inside this process, where it does not share out GPUs. */
  static boolean isLocal(SparkConf conf) {
    String master = conf.get("spark.master", "local");
    return master.equals("local") || master.startsWith("local[");
  }

  private static TaskResourceRequests task(SparkConf conf) {
    return new TaskResourceRequests()
        .cpus(conf.getInt("spark.task.cpus", 1))
        .resource(RESOURCE, 1.0);
  }

  private static ExecutorResourceRequests executor(SparkConf conf) {
    ExecutorResourceRequests requests =
        new ExecutorResourceRequests()
            .cores(conf.getInt("spark.executor.cores", 1))
            .memory(conf.get("spark.executor.memory", "1g"))
            .resource(RESOURCE, 1, conf.get(DISCOVERY_SCRIPT, ""), "nvidia.com");
    return conf.contains("spark.executor.memoryOverhead")
        ? requests.memoryOverhead(conf.get("spark.executor.memoryOverhead"))
        : requests;
  }
}
