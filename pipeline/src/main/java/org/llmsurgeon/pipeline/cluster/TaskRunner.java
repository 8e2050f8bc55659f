package org.llmsurgeon.pipeline.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceProfile;
import org.llmsurgeon.InputException;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/**
 * Runs one Spark stage: a task per item, results in the order of the items. Only items and results
 * travel; the driver takes exactly one result per task, whatever is lost and computed again.
 */
public final class TaskRunner {
  private static final long SETTLE_SECONDS = 20;

  private final JavaSparkContext spark;
  private final RunUsage usage;
  private final GpuPlacement gpus;
  private final Optional<GpuWork> work;
  private final StageLimits limits;

  /**
   * A runner.
   *
   * @param spark Spark
   * @param progress told what happens
   * @throws InputException if GPUs are required and the settings of Spark give none
   */
  public TaskRunner(JavaSparkContext spark, Progress progress) {
    this(
        spark, new RunUsage(progress), new GpuPlacement(spark), Optional.empty(), StageLimits.NONE);
  }

  private TaskRunner(
      JavaSparkContext spark,
      RunUsage usage,
      GpuPlacement gpus,
      Optional<GpuWork> work,
      StageLimits limits) {
    this.spark = spark;
    this.usage = usage;
    this.gpus = gpus;
    this.work = work;
    this.limits = limits;
  }

  /**
   * One whose tasks run on GPUs, each with one of its own, if {@link GpuPlacement} finds any.
   *
   * @param kind what the tasks do
   */
  public TaskRunner onGpus(GpuWork kind) {
    return new TaskRunner(spark, usage, gpus, Optional.of(kind), limits);
  }

  /**
   * One that gives an executor no more tasks at a time than its memory takes.
   *
   * @param most how many
   */
  public TaskRunner within(StageLimits most) {
    return new TaskRunner(spark, usage, gpus, work, most);
  }

  /** What does the arithmetic of stages that may run on GPUs: {@code cuda} or {@code cpu}. */
  public String arithmetic() {
    return gpus.arithmetic();
  }

  /** Cards of an executor that stages on GPUs compute on; 0 where processors do. */
  public int cards() {
    return gpus.cards();
  }

  /** One of which nobody is told. */
  public TaskRunner quiet() {
    return new TaskRunner(spark, usage.quiet(), gpus, work, limits);
  }

  /** Who is told about progress, and measures it. */
  public RunUsage usage() {
    return usage;
  }

  /**
   * Runs a stage.
   *
   * @param stage its name
   * @param items one per task; earlier ones start earlier
   * @param function what each task does
   * @return the results, in the order of the items
   * @throws InputException if a task says that the user's input is at fault
   * @throws RunFailedException if the stage fails for another reason
   */
  public <I, O> Timed<List<O>> run(StageName stage, List<I> items, TaskFunction<I, O> function) {
    return run(stage, items, function, result -> {});
  }

  /**
   * As {@link #run(StageName, List, TaskFunction)}, and tells of each result as it comes.
   *
   * @param arrived called with each result once, in the order in which they come, by one thread at
   *     a time; it should be quick
   */
  public <I, O> Timed<List<O>> run(
      StageName stage, List<I> items, TaskFunction<I, O> function, TaskResults.Arrival<O> arrived) {
    return Timed.stage(
        usage,
        stage,
        items.size(),
        () -> {
          TaskResults<O> results = new TaskResults<>(items.size(), arrived, usage);
          if (!items.isEmpty()) {
            submit(
                stage, new IndexedTask<>(items, function, limits.of(stage)), items.size(), results);
          }
          return results.inOrder();
        });
  }

  /**
   * As {@link #run(StageName, List, TaskFunction)}, but tasks that take long start first: a stage
   * ends with its last task.
   *
   * @param work how long an item takes, in any unit
   */
  public <I, O> Timed<List<O>> longestFirst(
      StageName stage, List<I> items, ToDoubleFunction<I> work, TaskFunction<I, O> function) {
    List<Integer> order =
        IntStream.range(0, items.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -work.applyAsDouble(items.get(i))))
            .toList();
    Timed<List<O>> made = run(stage, order.stream().map(items::get).toList(), function);
    List<O> sorted = new ArrayList<>(made.value());
    for (int i = 0; i < order.size(); i++) {
      sorted.set(order.get(i), made.value().get(i));
    }
    return new Timed<>(List.copyOf(sorted), made.seconds());
  }

  private void submit(StageName stage, IndexedTask<?, ?> task, int count, TaskResults<?> results) {
    String group = "llm-surgeon-" + UUID.randomUUID();
    List<Integer> indices = IntStream.range(0, count).boxed().toList();
    JavaRDD<Integer> plain = spark.parallelize(indices, count);
    Optional<GpuWork> cards = work.filter(kind -> gpus.onCards());
    Optional<ResourceProfile> profile =
        cards.isPresent()
            ? gpus.profile()
            : limits.profile(stage, spark.getConf(), TaskSlots.tasks(spark));
    JavaRDD<Integer> rdd = profile.map(plain::withResources).orElse(plain);
    // Interrupting a thread would close the mapped files that its neighbours read.
    spark.setJobGroup(group, stage.description(), false);
    spark.setLocalProperty(ExecutorDevice.WORK, cards.map(GpuWork::name).orElse(null));
    // Else Spark's pages call all stages by the line below.
    spark.setCallSite(stage.description());
    results.onRefusal(() -> spark.sc().cancelJobGroup(group));
    try {
      spark
          .sc()
          .runJob(
              rdd.rdd(),
              task,
              CollectionConverters.asScala(List.<Object>copyOf(indices)).toSeq(),
              results,
              ClassTag.apply(byte[].class));
    } catch (Exception failure) {
      if (results.refusal() == null) {
        // The driver itself may have failed on a result; Spark would go on with the rest.
        spark.sc().cancelJobGroup(group);
      }
      settle();
      throw new StageFailure(stage, results.refusal(), failure).translated();
    } finally {
      spark.setLocalProperty(ExecutorDevice.WORK, null);
      spark.clearJobGroup();
      spark.clearCallSite();
    }
    // The last task of a stage may be the one that refuses: then nothing was left to cancel.
    if (results.refusal() != null) {
      throw new StageFailure(stage, results.refusal(), null).translated();
    }
  }

  /**
   * Lets this process's tasks come to their end, so that they do not write into what is removed.
   */
  private static void settle() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
    try {
      while (IndexedTask.running() > 0 && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
