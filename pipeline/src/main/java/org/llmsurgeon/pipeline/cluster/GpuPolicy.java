package org.llmsurgeon.pipeline.cluster;

import org.apache.spark.SparkConf;
import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/**
 * Whether the stages that do most of the arithmetic must, may or must not go to GPUs, and be
 * computed there.
 */
public enum GpuPolicy {
  /** GPUs do them: those of executors, or this machine's in a local run; else nothing is done. */
  REQUIRED,
  /** GPUs do them where the settings of Spark ask for executors that own some, and these work. */
  AUTO,
  /** They are stages as all others. */
  NONE;

  /** Spark setting with the name of the policy; {@code auto} where it is not set. */
  public static final String SETTING = "spark.llmsurgeon.gpu";

  /**
   * The policy of Spark's settings.
   *
   * @param conf the settings
   * @throws InputException if they name none
   */
  static GpuPolicy of(SparkConf conf) {
    return parse(conf.get(SETTING, AUTO.optionName()));
  }

  /** The name in settings and options. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The policy of a name.
   *
   * @param name as {@link #optionName}
   * @throws InputException for any other name
   */
  public static GpuPolicy parse(String name) {
    return Choice.parse("GPU policy", name, values());
  }
}
