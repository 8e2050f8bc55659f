package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stage that failed since its processes had too little memory says so, with what helps. */
class LackOfMemoryTest {
  private static String said(String reason) {
    String message =
        "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure:"
            + " "
            + reason
            + "\nDriver stacktrace:";
    return new StageFailure(StageName.of("cut"), null, new SparkException(message))
        .translated()
        .getMessage();
  }

  /** As a Spark of its own cluster, of YARN and of Kubernetes ends with it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Lost task 0.3 in stage 3.0 (TID 7) (10.0.0.1 executor 4): ExecutorLostFailure (executor 4"
            + " exited caused by one of the running tasks) Reason: Command exited with code 137",
        "ExecutorLostFailure (executor 4 exited caused by one of the running tasks) Reason: Command"
            + " exited with code 52",
        "ExecutorLostFailure (executor 2 exited caused by one of the running tasks) Reason:"
            + " Container killed by YARN for exceeding physical memory limits. 3.1 GB of 3 GB"
            + " physical memory used. Consider boosting spark.executor.memoryOverhead.",
        "Reason: Container from a bad node: container_1 on host: n1. Exit status: 137.",
        "The executor with id 1 exited with exit code 137(SIGKILL, possible container OOM).",
        "Lost task 0.0 in stage 3.0 (TID 7): java.lang.OutOfMemoryError: No native memory"
      })
  void whateverEndsTheExecutorIsTold(String reason) {
    assertThat(said(reason))
        .matches("cut: a process (is|was killed, most often since it is) out of memory \\(.+")
        .contains("; give more of", "-- --conf spark.executor.memoryOverhead", "spark.task.cpus=2")
        .doesNotContain("OutOfMemoryError");
    assertThat(said(reason).contains("--executor-memory")).isEqualTo(reason.contains("code 52"));
    assertThat(said(reason).contains("was killed")).isEqualTo(reason.contains("137"));
  }

  @Test
  void anErrorThatSparkCarriesIsToldToo() {
    SparkException failure =
        new SparkException("Job aborted", new OutOfMemoryError("Java heap space"));
    assertThat(new StageFailure(StageName.of("cut"), null, failure).translated().getMessage())
        .contains("out of memory (Java heap space); give more of -- --executor-memory");
  }

  @Test
  void theHeapAndOneProcessHaveRemediesOfTheirOwn() {
    String heap = "java.lang.OutOfMemoryError: Java heap space";
    assertThat(said(heap)).contains("(Java heap space); give more of -- --executor-memory, or");
    assertThat(LackOfMemory.sentence(heap, true)).contains("give more of -- --driver-memory: ");
    assertThat(LackOfMemory.sentence("java.lang.OutOfMemoryError: No native memory", true))
        .contains("(No native memory); give --master 'local[1]'");
  }

  @Test
  void otherEndsAreNone() {
    assertThat(said("Reason: Command exited with code 1")).startsWith("cut failed: ");
    assertThat(said("Reason: worker lost: 137 blocks")).startsWith("cut failed: ");
  }
}
