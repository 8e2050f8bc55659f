package org.llmsurgeon.pipeline.cluster;

import org.apache.spark.SparkConf;
import org.llmsurgeon.InputException;

/**
 * How much memory a process that does tasks may take: what its cluster was asked for, heap and
 * overhead together, since our numbers live outside the heap and the heap holds little. Where Spark
 * runs inside one process, that of the machine.
 */
public final class ExecutorMemory {
  private static final long MEBI = 1 << 20;

  private ExecutorMemory() {}

  /**
   * Bytes of one executor.
   *
   * @param conf the settings of Spark
   */
  public static long bytes(SparkConf conf) {
    if (conf.get("spark.master", "local").matches("local(\\[.*])?")) {
      return PhysicalMemory.bytes();
    }
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    double factor = conf.getDouble("spark.executor.memoryOverheadFactor", 0.1);
    long least = conf.getSizeAsMb("spark.executor.minMemoryOverhead", "384m");
    long overhead = Math.max(least, (long) (factor * heap));
    return MEBI * (heap + conf.getSizeAsMb("spark.executor.memoryOverhead", overhead + "m"));
  }

  /**
   * A setting that is a size.
   *
   * @param conf the settings of Spark
   * @param setting its key; there is a value
   * @return bytes
   * @throws InputException if it is no size
   */
  public static long size(SparkConf conf, String setting) {
    try {
      return conf.getSizeAsBytes(setting);
    } catch (NumberFormatException wrong) {
      throw new InputException(
          setting + " is '" + conf.get(setting) + "'; give a size as 8g.", wrong);
    }
  }
}
