package org.llmsurgeon.pipeline;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * How much memory the sums of one calibration task may take. Models whose factors need more go
 * through the data several times, a group of factors at a time; that is in the plan before a run
 * starts.
 */
final class FactorMemory {
  /** Spark setting with the bytes per task, for example {@code 8g}. */
  static final String SETTING = "spark.llmsurgeon.factorMemory";

  private FactorMemory() {}

  /**
   * The setting; else half of an executor's memory, shared among the tasks that it does at a time.
   *
   * @param spark Spark
   * @return bytes
   * @throws org.llmsurgeon.InputException if the setting is no size
   */
  static long budget(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    return conf.contains(SETTING)
        ? ExecutorMemory.size(conf, SETTING)
        : share(ExecutorMemory.bytes(conf), tasks(spark));
  }

  /**
   * What a task gets.
   *
   * @param memory bytes of an executor
   * @param tasks that it does at a time
   */
  static long share(long memory, int tasks) {
    return memory / 2 / tasks;
  }

  /**
   * Executors that have come so far, at least one.
   *
   * @param spark Spark on a cluster
   */
  static int executors(JavaSparkContext spark) {
    // The driver counts as one.
    return Math.max(1, spark.statusTracker().getExecutorInfos().length - 1);
  }

  /**
   * Tasks that an executor does at a time. A standalone cluster gives an executor all cores of its
   * machine unless a number is set; then those that have come so far tell.
   */
  static int tasks(JavaSparkContext spark) {
    if (spark.isLocal()) {
      return Math.max(1, spark.defaultParallelism());
    }
    SparkConf conf = spark.getConf();
    int executors = executors(spark);
    int shared = (spark.defaultParallelism() + executors - 1) / executors;
    int unset = conf.get("spark.master").startsWith("spark:") ? shared : 1;
    int cores = conf.getInt("spark.executor.cores", unset);
    return Math.max(1, cores / conf.getInt("spark.task.cpus", 1));
  }
}
