package org.llmsurgeon.pipeline.cluster;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** How many tasks a cluster does at a time, as far as it is known. */
public final class TaskSlots {
  private TaskSlots() {}

  /**
   * Executors that have come so far, at least one.
   *
   * @param spark Spark on a cluster
   */
  public static int executors(JavaSparkContext spark) {
    // The driver counts as one.
    return Math.max(1, spark.statusTracker().getExecutorInfos().length - 1);
  }

  /**
   * Tasks that an executor does at a time. A standalone cluster gives an executor all cores of its
   * machine unless a number is set; then those that have come so far tell.
   */
  public static int tasks(JavaSparkContext spark) {
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
