package org.llmsurgeon.pipeline.cluster;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.files.FullDisk;
import org.llmsurgeon.pipeline.files.Traffic;
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
  private static final TaskGate GATE = new TaskGate();

  private final List<I> items;
  private final TaskFunction<I, O> function;
  private final int atOnce;

  /**
   * @param items one per task
   * @param function what each task does
   * @param atOnce tasks that a process may do at a time
   */
  IndexedTask(List<I> items, TaskFunction<I, O> function, int atOnce) {
    this.items = List.copyOf(items);
    this.function = function;
    this.atOnce = atOnce;
  }

  @Override
  public byte[] apply(TaskContext context, Iterator<Integer> indices) {
    I item = items.get(indices.next());
    ExecutorDevice.gpuAddress()
        .ifPresent(gpu -> LOG.debug("task {} has GPU {}", context.taskAttemptId(), gpu));
    GATE.enter(atOnce, context);
    RUNNING.incrementAndGet();
    PeakMemory.beginStage("stage " + context.stageId());
    long begun = System.nanoTime();
    try {
      return outcome(item, context).toBytes();
    } finally {
      LOG.debug(
          "stage {} task {} attempt {}: {} ms",
          context.stageId(),
          context.partitionId(),
          context.attemptNumber(),
          (System.nanoTime() - begun) / 1_000_000);
      RUNNING.decrementAndGet();
      GATE.leave();
    }
  }

  /** Tasks that run in this process now. */
  static int running() {
    return RUNNING.get();
  }

  private TaskOutcome<O> outcome(I item, TaskContext context) {
    Traffic before = Traffic.ofThread();
    try {
      O value = function.apply(item, attemptName(context));
      Traffic moved = Traffic.ofThread().since(before);
      return new TaskOutcome.Done<>(
          value,
          new TaskUsage(
              moved.read(),
              moved.written(),
              PeakMemory.stageBytes(),
              PeakMemory.stageDeviceBytes()));
    } catch (Exception failure) {
      return refusal(failure, context)
          .orElseThrow(
              () ->
                  failure instanceof RuntimeException unchecked
                      ? unchecked
                      : new TaskFailedException(failure.toString(), failure));
    } catch (OutOfMemoryError failure) {
      // Another process may have room; Spark ends this one.
      if (!isLast(context)) {
        throw failure;
      }
      String sentence = LackOfMemory.sentence(failure.toString(), isLocal());
      return new TaskOutcome.Refused<>(false, sentence);
    }
  }

  /** What comes again in every attempt; nothing where another one may succeed. */
  private Optional<TaskOutcome<O>> refusal(Exception failure, TaskContext context) {
    Optional<String> full = FullDisk.sentence(failure);
    if (full.isPresent()) {
      // Another machine may have room.
      return isLast(context)
          ? Optional.of(new TaskOutcome.Refused<>(false, full.get()))
          : Optional.empty();
    }
    boolean input = failure instanceof InputException;
    return input || failure instanceof ArithmeticException
        ? Optional.of(new TaskOutcome.Refused<>(input, failure.getMessage()))
        : Optional.empty();
  }

  /** Whether Spark gives up if this attempt fails. */
  private static boolean isLast(TaskContext context) {
    int most = SparkEnv.get().conf().getInt("spark.task.maxFailures", 4);
    return isLocal() || context.attemptNumber() + 1 >= most;
  }

  private static boolean isLocal() {
    return GpuStages.isLocal(SparkEnv.get().conf());
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
