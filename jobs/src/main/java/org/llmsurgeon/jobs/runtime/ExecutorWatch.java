package org.llmsurgeon.jobs.runtime;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.llmsurgeon.jobs.terminal.Format;

/** Says once that a cluster gives no executors, where Spark would only wait. */
public final class ExecutorWatch implements AutoCloseable {
  /** After how long. */
  static final long PATIENCE_SECONDS = 30;

  private final Thread thread;

  private ExecutorWatch(Thread thread) {
    this.thread = thread;
  }

  /**
   * Watches.
   *
   * @param any whether there is an executor
   * @param master what is asked for them
   * @param millis after how long it is said
   * @param err where to
   */
  public static ExecutorWatch start(
      BooleanSupplier any, String master, long millis, PrintWriter err) {
    Thread thread =
        new Thread(
            () -> {
              try {
                TimeUnit.MILLISECONDS.sleep(millis);
              } catch (InterruptedException closed) {
                return;
              }
              if (!any.getAsBoolean()) {
                err.println(
                    "surgeon: "
                        + master
                        + " has given no executor for "
                        + Format.seconds(millis / 1e3)
                        + "; it may have no workers, or none with that much free memory: start"
                        + " workers, or give less after --, as in '-- --executor-memory 2g --conf"
                        + " spark.executor.memoryOverhead=2g'. Waiting.");
                err.flush();
              }
            },
            "executor watch");
    thread.setDaemon(true);
    thread.start();
    return new ExecutorWatch(thread);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
