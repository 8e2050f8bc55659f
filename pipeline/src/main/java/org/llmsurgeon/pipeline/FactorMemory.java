package org.llmsurgeon.pipeline;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.llmsurgeon.InputException;

/**
 * How much memory the sums of one calibration task may take. Models whose factors need more go
 * through the data several times, a group of factors at a time.
 */
final class FactorMemory {
  /** Spark setting with the bytes per task, for example {@code 8g}. */
  static final String SETTING = "spark.llmsurgeon.factorMemory";

  private FactorMemory() {}

  /**
   * The setting; else half of this machine's memory shared among the tasks of one executor, which
   * supposes executors on machines like the driver's.
   *
   * @param spark Spark
   * @return bytes
   */
  static long budget(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    if (conf.contains(SETTING)) {
      try {
        return conf.getSizeAsBytes(SETTING);
      } catch (NumberFormatException wrong) {
        throw new InputException(
            SETTING + " is '" + conf.get(SETTING) + "'; give a size as 8g.", wrong);
      }
    }
    int tasks =
        spark.isLocal() ? spark.defaultParallelism() : conf.getInt("spark.executor.cores", 1);
    return PhysicalMemory.bytes() / 2 / Math.max(1, tasks);
  }
}
