package org.llmsurgeon.jobs.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final StringWriter text = new StringWriter();
  private final PrintWriter out = new PrintWriter(text);
  private final AtomicLong time = new AtomicLong();

  private List<String> lines() {
    return text.toString().lines().toList();
  }

  private void pass(double seconds) {
    time.addAndGet((long) (seconds * 1e9));
  }

  @Test
  void aLogHasOneLineWhenAStageStartsAndOneWhenItEnds() {
    try (RunProgress progress = new LineProgress(out, time::get)) {
      progress.starting("starting Spark");
      progress.runStarted("prune small", 2);
      progress.stageStarted(0, "tokenise", 1);
      pass(1.5);
      progress.taskFinished();
      progress.stageFinished(1.5);
      progress.stageStarted(1, "accumulate", 3);
      pass(2);
      progress.stageFinished(2);
      progress.note("shot 1/2: 25.0 % removed");
    }

    assertThat(lines())
        .containsExactly(
            "[00:00:00] starting Spark",
            "[00:00:00] prune small, 2 shots",
            "[00:00:00] tokenise: 1 task",
            "[00:00:01] tokenise: done in 1.5 s",
            "[00:00:01] shot 1/2 accumulate: 3 tasks",
            "[00:00:03] shot 1/2 accumulate: done in 2.0 s",
            "[00:00:03] shot 1/2: 25.0 % removed");
  }

  @Test
  void aRunWithoutShotsCountsNone() {
    LineProgress progress = new LineProgress(out, time::get);
    progress.runStarted("scores of small", 0);
    progress.stageStarted(1, "score", 2);

    assertThat(lines()).containsExactly("[00:00:00] scores of small", "[00:00:00] score: 2 tasks");
  }

  @Test
  void aLongStageHasOneLineInTenSecondsWithTheTimeLeft() {
    LineProgress progress = new LineProgress(out, time::get);
    progress.stageStarted(0, "accumulate", 100);
    for (int task = 0; task < 100; task++) {
      pass(1);
      progress.taskFinished();
    }

    assertThat(lines()).hasSize(10);
    assertThat(lines().get(1)).isEqualTo("[00:00:10] accumulate: 10 of 100, about 1 min 30 s left");
    assertThat(lines().get(9)).isEqualTo("[00:01:30] accumulate: 90 of 100, about 10.0 s left");
  }

  @Test
  void theTimeForAllShotsComesFromTheFinishedOnes() {
    ShotClock shots = new ShotClock(time::get);
    shots.runStarted(10);
    assertThat(shots.stageStarted(0)).isFalse();
    shots.stageStarted(4);
    pass(6);
    assertThat(shots.left()).isEmpty();
    shots.stageStarted(5);
    pass(2);
    assertThat(shots.left()).hasValue(6 * 6 - 2);
    pass(100);
    assertThat(shots.left()).hasValue(6 * 5);
  }

  @Test
  void aBarShowsStageTasksAndTimeLeftAndLeavesTheTerminalClean() throws InterruptedException {
    try (RunProgress progress = new BarProgress(out, 100, time::get)) {
      progress.starting("starting Spark");
      assertThat(text.toString()).as("at once").isEqualTo("starting Spark ...");
      progress.runStarted("prune small", 2);
      progress.stageStarted(1, "cut", 4);
      progress.taskFinished();
      progress.taskFinished();
      waitFor("2/4");
      progress.stageFinished(1);
      progress.note("shot 1/2: 25.0 % removed, perplexity 9.81");
    }

    assertThat(text.toString()).contains("shot 1/2 cut").contains(" 50% ");
    assertThat(shown())
        .containsExactly("prune small, 2 shots", "shot 1/2: 25.0 % removed, perplexity 9.81", "");
  }

  @Test
  void aBarNeverReachesTheLastColumn() throws InterruptedException {
    try (RunProgress progress = new BarProgress(out, 60, time::get)) {
      progress.runStarted("a run", 40);
      progress.stageStarted(39, "accumulate", 10);
      pass(7);
      progress.stageStarted(40, "accumulate", 10);
      progress.taskFinished();
      waitFor("1/10");
    }

    for (String drawn : text.toString().split("[\r\n]")) {
      assertThat(drawn.length()).isLessThan(60);
    }
  }

  /** As where Spark cannot start: the sentence that says so stands alone. */
  @Test
  void aStartThatFailsLeavesTheTerminalClean() {
    try (RunProgress progress = new BarProgress(out, 100, time::get)) {
      progress.starting("starting Spark");
    }
    assertThat(shown()).containsExactly("");
  }

  @Test
  void aQuietRunSaysNothing() {
    try (RunProgress progress = new QuietProgress()) {
      progress.starting("starting Spark");
      progress.runStarted("prune", 1);
      progress.stageStarted(1, "cut", 1);
      progress.taskFinished();
      progress.stageFinished(1);
      progress.note("done");
    }

    assertThat(text.toString()).isEmpty();
  }

  private void waitFor(String drawn) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!text.toString().contains(drawn)) {
      assertThat(System.nanoTime()).as("waiting for %s in %s", drawn, text).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  /** The lines that a terminal shows at the end: a carriage return overwrites from the left. */
  private List<String> shown() {
    return Arrays.stream(text.toString().split("\n", -1)).map(ProgressTest::overwritten).toList();
  }

  private static String overwritten(String line) {
    StringBuilder shown = new StringBuilder();
    for (String part : line.split("\r")) {
      shown.replace(0, Math.min(part.length(), shown.length()), part);
    }
    return shown.toString().stripTrailing();
  }
}
