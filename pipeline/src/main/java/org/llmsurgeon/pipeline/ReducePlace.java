package org.llmsurgeon.pipeline;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Where the shards of each factor are summed; the sums are the same. */
public enum ReducePlace {
  /** On the driver, one factor after the other. */
  DRIVER,
  /** On executors, a task for each factor. */
  EXECUTORS,
  /**
   * On the driver where Spark runs inside its process, or where all shards together are below a
   * gibibyte, which a driver reads in less time than tasks are worth; on executors otherwise.
   */
  AUTO;

  /** Spark setting with the name of the place; {@code auto} where it is not set. */
  public static final String SETTING = "spark.llmsurgeon.reduce";

  private static final long SMALL = 1L << 30;

  /** The name in settings and options. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * Whether executors do it.
   *
   * @param local whether Spark runs inside the driver's process
   * @param bytes of all shards together
   */
  boolean onExecutors(boolean local, long bytes) {
    return this == EXECUTORS || this == AUTO && !local && bytes >= SMALL;
  }

  /**
   * The place of a name.
   *
   * @param name as {@link #optionName}
   * @throws InputException for any other name
   */
  public static ReducePlace parse(String name) {
    return Choice.parse("place to reduce", name, values());
  }
}
