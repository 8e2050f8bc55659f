package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.TestSpark;

class TaskRunnerTest {
  private static final StageName STAGE = new StageName(2, 5, "cut");
  private static final AtomicInteger STARTED = new AtomicInteger();
  private static JavaSparkContext spark;

  @BeforeAll
  static void start() {
    // The serialiser that does not know records: results must not depend on it.
    spark =
        new JavaSparkContext(
            TestSpark.conf("local[2]")
                .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer"));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  record Squared(int value, double[] more) implements java.io.Serializable {}

  @Test
  void resultsComeInTheOrderOfTheItemsAndEachIsToldOnce() {
    RecordingProgress progress = new RecordingProgress();
    List<Integer> arrived = new ArrayList<>();
    List<Integer> items = IntStream.range(0, 20).boxed().toList();

    List<Squared> results =
        new TaskRunner(spark, progress)
            .run(
                STAGE,
                items,
                (Integer item, String attempt) -> new Squared(item * item, new double[] {item}),
                result -> arrived.add(result.value()))
            .value();

    assertThat(results)
        .extracting(Squared::value)
        .isEqualTo(items.stream().map(i -> i * i).toList());
    assertThat(arrived)
        .hasSize(20)
        .containsExactlyInAnyOrderElementsOf(items.stream().map(i -> i * i).toList());
    assertThat(progress.events()).startsWith("stage 2 cut 20").endsWith("end");
    assertThat(progress.events()).filteredOn("task"::equals).hasSize(20);
  }

  @Test
  void tasksThatTakeLongStartFirst() {
    List<Integer> partitions =
        new TaskRunner(spark, Progress.silent())
            .longestFirst(
                STAGE,
                List.of(3, 9, 5, 9, 1),
                item -> item,
                (Integer item, String attempt) -> TaskContext.getPartitionId())
            .value();

    assertThat(partitions).as("by item").containsExactly(3, 0, 2, 1, 4);
  }

  private static final AtomicInteger AT_WORK = new AtomicInteger();

  /** How many tasks of this process are at work while one is. */
  private static int together() throws InterruptedException {
    int now = AT_WORK.incrementAndGet();
    Thread.sleep(60);
    now = Math.max(now, AT_WORK.get());
    AT_WORK.decrementAndGet();
    return now;
  }

  private static int mostTogether(TaskRunner tasks) {
    return tasks
        .run(STAGE, List.of(1, 2, 3, 4, 5, 6), (Integer item, String attempt) -> together())
        .value()
        .stream()
        .mapToInt(Integer::intValue)
        .max()
        .orElseThrow();
  }

  @Test
  void aProcessDoesNoMoreTasksOfAStageAtATimeThanItsLimit() {
    TaskRunner tasks = new TaskRunner(spark, Progress.silent());
    assertThat(mostTogether(tasks)).isEqualTo(2);
    assertThat(mostTogether(tasks.within(new StageLimits(Map.of("cut", 1))))).isEqualTo(1);
    assertThat(mostTogether(tasks.within(new StageLimits(Map.of("score", 1))))).isEqualTo(2);
  }

  @Test
  void attemptsHaveNamesOfTheirOwn() {
    List<String> names =
        new TaskRunner(spark, Progress.silent())
            .run(STAGE, List.of(1, 2, 3, 4), (Integer item, String attempt) -> attempt)
            .value();

    assertThat(names).doesNotHaveDuplicates();
  }

  @Test
  void aProblemOfTheInputReachesTheCallerAsItsSentence() {
    assertThatThrownBy(() -> fail(new InputException("model.bin is broken; get another.")))
        .isInstanceOf(InputException.class)
        .hasMessage("model.bin is broken; get another.");
  }

  @Test
  void numbersThatBreakDownNameShotAndStage() {
    assertThatThrownBy(() -> fail(new ArithmeticException("The mean of A is NaN.")))
        .isInstanceOf(RunFailedException.class)
        .hasMessage("shot 2/5 cut: The mean of A is NaN.");
  }

  @Test
  void anyOtherFailureNamesItsCause() {
    assertThatThrownBy(() -> fail(new java.io.IOException("connection lost")))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("shot 2/5 cut failed")
        .hasMessageContaining("connection lost");
  }

  @Test
  void aFullDiskIsSaidSo() {
    assertThatThrownBy(() -> fail(new java.io.IOException("No space left on device")))
        .isInstanceOf(RunFailedException.class)
        .hasMessageStartingWith("shot 2/5 cut: the disk of this machine is full; make room");
  }

  private static void fail(Exception failure) {
    new TaskRunner(spark, Progress.silent())
        .run(
            STAGE,
            List.of(1),
            (Integer item, String attempt) -> {
              throw failure;
            });
  }

  @Test
  void aRefusalEndsTheStageWithoutTheTasksThatHaveNotBegun() {
    STARTED.set(0);
    List<Integer> items = IntStream.range(0, 200).boxed().toList();

    assertThatThrownBy(
            () ->
                new TaskRunner(spark, Progress.silent())
                    .run(
                        STAGE,
                        items,
                        (Integer item, String attempt) -> {
                          STARTED.incrementAndGet();
                          if (item == 0) {
                            throw new InputException("no");
                          }
                          Thread.sleep(50);
                          return item;
                        }))
        .hasMessage("no");
    assertThat(STARTED.get()).isLessThan(100);
  }

  @Test
  void anExceptionOfTheProgressEndsTheStage() {
    Progress broken =
        new RecordingProgress() {
          @Override
          public void taskFinished() {
            throw new IllegalStateException("stop here");
          }
        };

    assertThatThrownBy(
            () ->
                new TaskRunner(spark, broken)
                    .run(STAGE, List.of(1, 2, 3), (Integer item, String attempt) -> item))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("stop here");
  }

  @Test
  void noItemsAreNoTasks() {
    assertThat(
            new TaskRunner(spark, Progress.silent())
                .run(STAGE, List.<Integer>of(), (Integer item, String attempt) -> item)
                .value())
        .isEmpty();
  }
}
