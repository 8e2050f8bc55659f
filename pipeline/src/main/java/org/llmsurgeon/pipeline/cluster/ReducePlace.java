package org.llmsurgeon.pipeline.cluster;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** Where the shards of each factor are summed; the sums are the same. */
public enum ReducePlace {
  /** On the driver, one factor after the other. */
  DRIVER,
  /** In tasks, one for each factor, the largest first. */
  EXECUTORS,
  /**
   * On the driver where all shards together are below 128 MiB, which it reads in less time than
   * tasks are worth; in tasks otherwise, also where Spark runs inside one process: it has several
   * cores.
   */
  AUTO;

  /** Spark setting with the name of the place; {@code auto} where it is not set. */
  public static final String SETTING = "spark.llmsurgeon.reduce";

  private static final long SMALL = 128L << 20;

  /** The name in settings and options. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * Whether executors do it.
   *
   * @param bytes of all shards together
   */
  public boolean onExecutors(long bytes) {
    return this == EXECUTORS || this == AUTO && bytes >= SMALL;
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
