package org.llmsurgeon.pipeline;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Small Spark contexts; one at a time in a process, so each test class closes its own. */
public final class TestSpark {
  private TestSpark() {}

  public static JavaSparkContext local(int threads) {
    return new JavaSparkContext(conf("local[" + threads + "]"));
  }

  public static SparkConf conf(String master) {
    return new SparkConf()
        .setMaster(master)
        .setAppName("llm-surgeon-test")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1");
  }
}
