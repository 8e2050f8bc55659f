package org.llmsurgeon.pipeline.cluster;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.MemoryLimits;

/**
 * How much a process may keep for later: in a pass, first what each block reads, which goes to the
 * local disk where it is more, then what happens inside the blocks, which is computed a second time
 * where it is more; between the costs of a shot and its cut, inverses of factors, which are
 * computed again where they are more. It does not change any result.
 */
public final class KeptMemory {
  /** Spark setting with the bytes per task, for example {@code 2g}. */
  public static final String SETTING = "spark.llmsurgeon.keepMemory";

  /** The tasks of a process together keep one part of so many of its memory. */
  private static final int SHARE = 6;

  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+)?.*\\])?");

  private KeptMemory() {}

  /**
   * The setting of this process; else its share.
   *
   * @return bytes
   * @throws org.llmsurgeon.InputException if the setting is no size
   */
  public static long bytes() {
    SparkEnv spark = SparkEnv.get();
    return bytes(spark == null ? new SparkConf(false) : spark.conf());
  }

  /**
   * As {@link #bytes()}.
   *
   * @param conf the settings of Spark
   */
  public static long bytes(SparkConf conf) {
    return conf.contains(SETTING)
        ? ExecutorMemory.size(conf, SETTING)
        : share(ExecutorMemory.bytes(conf), tasks(conf));
  }

  /**
   * What all tasks of this process may keep together on a device: of its own memory the same part.
   *
   * @param device where
   * @return bytes
   */
  public static long on(Device device) {
    SparkEnv spark = SparkEnv.get();
    SparkConf conf = spark == null ? new SparkConf(false) : spark.conf();
    OptionalLong own = device.ownMemory();
    return own.isPresent() && !conf.contains(SETTING)
        ? own.getAsLong() / SHARE
        : bytes(conf) * tasks(conf);
  }

  /**
   * What one task may keep on a device: of a device's own memory, which it has alone, its part.
   *
   * @param device where
   * @return bytes
   */
  public static long ofTask(Device device) {
    SparkEnv spark = SparkEnv.get();
    SparkConf conf = spark == null ? new SparkConf(false) : spark.conf();
    OptionalLong own = device.ownMemory();
    return own.isPresent() && !conf.contains(SETTING) ? share(own.getAsLong(), 1) : bytes(conf);
  }

  /**
   * The limits of a task's passes on a device.
   *
   * @param device where
   */
  public static MemoryLimits limits(Device device) {
    return MemoryLimits.of(device).withKeepBytes(ofTask(device));
  }

  /**
   * What a task may keep.
   *
   * @param memory bytes of its process
   * @param tasks that the process does at a time
   */
  public static long share(long memory, int tasks) {
    return memory / SHARE / tasks;
  }

  /** Tasks that a process does at a time. */
  private static int tasks(SparkConf conf) {
    int all = Runtime.getRuntime().availableProcessors();
    Matcher local = LOCAL.matcher(conf.get("spark.master", "local[*]"));
    if (local.matches()) {
      boolean one = !local.group().contains("[");
      return one ? 1 : local.group(1) == null ? all : Math.max(1, Integer.parseInt(local.group(1)));
    }
    return Math.max(
        1, conf.getInt("spark.executor.cores", all) / conf.getInt("spark.task.cpus", 1));
  }
}
