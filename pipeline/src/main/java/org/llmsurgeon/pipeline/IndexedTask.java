package org.llmsurgeon.pipeline;

import java.io.Serializable;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.TaskContext;
import org.llmsurgeon.InputException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction2;

/**
 * What runs on an executor: takes the item of its partition and turns how it ended into bytes.
 *
 * @param <I> item of a task
 * @param <O> result of a task
 */
final class IndexedTask<I, O> extends AbstractFunction2<TaskContext, Iterator<Integer>, byte[]>
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(IndexedTask.class);
  private static final AtomicInteger RUNNING = new AtomicInteger();

  private final List<I> items;
  private final TaskFunction<I, O> function;

  IndexedTask(List<I> items, TaskFunction<I, O> function) {
    this.items = List.copyOf(items);
    this.function = function;
  }

  @Override
  public byte[] apply(TaskContext context, Iterator<Integer> indices) {
    I item = items.get(indices.next());
    ExecutorDevice.gpuAddress()
        .ifPresent(gpu -> LOG.debug("task {} has GPU {}", context.taskAttemptId(), gpu));
    RUNNING.incrementAndGet();
    PeakMemory.beginStage("stage " + context.stageId());
    try {
      return outcome(item, attemptName(context)).toBytes();
    } finally {
      RUNNING.decrementAndGet();
    }
  }

  /** Tasks that run in this process now. */
  static int running() {
    return RUNNING.get();
  }

  private TaskOutcome<O> outcome(I item, String attempt) {
    Traffic before = Traffic.ofThread();
    try {
      O value = function.apply(item, attempt);
      Traffic moved = Traffic.ofThread().since(before);
      return new TaskOutcome.Done<>(
          value,
          new TaskUsage(
              moved.read(),
              moved.written(),
              PeakMemory.stageBytes(),
              PeakMemory.stageDeviceBytes()));
    } catch (InputException refused) {
      return new TaskOutcome.Refused<>(true, refused.getMessage());
    } catch (ArithmeticException broken) {
      return new TaskOutcome.Refused<>(false, broken.getMessage());
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Exception failure) {
      throw new TaskFailedException(failure.toString(), failure);
    }
  }

  // Attempt ids begin again with every application, and a resumed run is another one.
  private static String attemptName(TaskContext context) {
    return context.taskAttemptId() + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  /** A checked exception of a task on its way through Spark. */
  static final class TaskFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TaskFailedException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
