package org.llmsurgeon.pipeline.cluster;

import java.util.function.Supplier;

/**
 * Something and how long it took.
 *
 * @param value what came out
 * @param seconds wall-clock time
 * @param <T> its type
 */
public record Timed<T>(T value, double seconds) {
  /**
   * Runs a stage, between the calls that tell of its start and end.
   *
   * @param progress told of both
   * @param stage name of the stage
   * @param tasks how many tasks it says it has
   * @param work what to do; tells of its tasks itself
   */
  static <T> Timed<T> stage(Progress progress, StageName stage, int tasks, Supplier<T> work) {
    progress.stageStarted(stage.shot(), stage.name(), tasks);
    long start = System.nanoTime();
    T value = work.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    progress.stageFinished(seconds);
    return new Timed<>(value, seconds);
  }

  /**
   * As {@link #stage}, for work that is done on the driver itself: its failures become sentences.
   */
  public static <T> Timed<T> onDriver(
      Progress progress, StageName stage, int tasks, Supplier<T> work) {
    return stage(
        progress,
        stage,
        tasks,
        () -> {
          try {
            return work.get();
          } catch (ArithmeticException | java.io.UncheckedIOException failure) {
            throw new StageFailure(stage, null, failure).translated();
          }
        });
  }
}
