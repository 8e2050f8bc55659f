package org.llmsurgeon.pipeline.cluster;

import org.apache.spark.TaskContext;

/** Where tasks of a process wait until few enough of them are at work. */
final class TaskGate {
  /** How long a task waits before it looks whether it is still wanted. */
  private static final long LOOK_MILLISECONDS = 200;

  private int inside;

  /**
   * Lets a task in, or makes it wait.
   *
   * @param most tasks at work at a time, this one included
   * @param context the task; it ends here where Spark has no more use for it
   */
  synchronized void enter(int most, TaskContext context) {
    while (inside >= most) {
      context.killTaskIfInterrupted();
      try {
        wait(LOOK_MILLISECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while other tasks were at work", interrupted);
      }
    }
    inside++;
  }

  /** Lets a task out. */
  synchronized void leave() {
    inside--;
    notifyAll();
  }
}
