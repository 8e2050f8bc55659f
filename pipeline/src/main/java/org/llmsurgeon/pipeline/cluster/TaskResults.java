package org.llmsurgeon.pipeline.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Takes the results of a stage on the driver as they come. Spark calls it once per task, from one
 * thread.
 *
 * @param <O> result of a task
 */
final class TaskResults<O> extends AbstractFunction2<Object, byte[], BoxedUnit> {
  /**
   * Told of each result.
   *
   * @param <O> result of a task
   */
  @FunctionalInterface
  public interface Arrival<O> {
    /**
     * A result came.
     *
     * @param result the result
     */
    void accept(O result);
  }

  private final List<O> results;
  private final Arrival<O> arrived;
  private final RunUsage usage;
  private Runnable cancel = () -> {};
  private int came;
  private TaskOutcome.Refused<O> refusal;

  TaskResults(int count, Arrival<O> arrived, RunUsage usage) {
    this.results = new ArrayList<>(Collections.nCopies(count, null));
    this.arrived = arrived;
    this.usage = usage;
  }

  /**
   * Sets what to do when a task refuses: the rest of the stage is of no use then.
   *
   * @param action ends the stage
   */
  void onRefusal(Runnable action) {
    this.cancel = action;
  }

  /** The first refusal, or null. */
  synchronized TaskOutcome.Refused<?> refusal() {
    return refusal;
  }

  /** All results, in the order of the items. */
  synchronized List<O> inOrder() {
    return List.copyOf(results);
  }

  @Override
  public synchronized BoxedUnit apply(Object index, byte[] bytes) {
    came++;
    TaskOutcome<O> outcome = TaskOutcome.fromBytes(bytes);
    if (outcome instanceof TaskOutcome.Done<O> done) {
      results.set((Integer) index, done.value());
      usage.add(done.usage());
      arrived.accept(done.value());
      usage.taskFinished();
    } else if (outcome instanceof TaskOutcome.Refused<O> refused && refusal == null) {
      refusal = refused;
      // With its last result the stage is over; Spark would warn of a cancellation.
      if (came < results.size()) {
        cancel.run();
      }
    }
    return BoxedUnit.UNIT;
  }
}
