package org.llmsurgeon.pipeline.cluster;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Whether the stages that do most of the arithmetic must, may or must not go to GPUs. */
public enum GpuPolicy {
  /** Only executors that own a GPU do them; without such executors nothing is done. */
  REQUIRED,
  /** They go to executors that own a GPU where the settings of Spark ask for such executors. */
  AUTO,
  /** They are stages as all others. */
  NONE;

  /** Spark setting with the name of the policy; {@code auto} where it is not set. */
  public static final String SETTING = "spark.llmsurgeon.gpu";

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
