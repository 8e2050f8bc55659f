package org.llmsurgeon.jobs.terminal;

import java.io.PrintWriter;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * Progress as plain lines, for logs and pipes: one when a stage starts, one when it ends, one for
 * every note, and in between at most one in ten seconds. Every line starts with the time since the
 * run began.
 */
public final class LineProgress implements RunProgress {
  private static final double SECONDS_BETWEEN_LINES = 10;

  private final PrintWriter out;
  private final ShotClock clock;
  private String stage = "";
  private int tasks;
  private int finished;
  private double stageStart;
  private double lastLine;

  /**
   * @param out where the lines go
   * @param nanos the time in nanoseconds, never going back
   */
  public LineProgress(PrintWriter out, LongSupplier nanos) {
    this.out = out;
    this.clock = new ShotClock(nanos);
  }

  @Override
  public void starting(String what) {
    line(what);
  }

  @Override
  public void runStarted(String title, int shots) {
    clock.runStarted(shots);
    line(title + (shots > 0 ? ", " + Format.plural(shots, "shot") : ""));
  }

  @Override
  public void stageStarted(int shot, String name, int taskCount) {
    boolean newShot = clock.stageStarted(shot);
    stage = clock.title(shot, name);
    tasks = taskCount;
    finished = 0;
    stageStart = clock.elapsed();
    OptionalDouble left = newShot ? clock.left() : OptionalDouble.empty();
    line(
        stage
            + (tasks > 0 ? ": " + Format.plural(tasks, "task") : "")
            + (left.isPresent()
                ? " (about " + Format.seconds(left.getAsDouble()) + " left for all shots)"
                : ""));
  }

  @Override
  public void taskFinished() {
    finished++;
    double now = clock.elapsed();
    if (now - lastLine < SECONDS_BETWEEN_LINES || finished >= tasks) {
      return;
    }
    double left = (now - stageStart) / finished * (tasks - finished);
    line(stage + ": " + finished + " of " + tasks + ", about " + Format.seconds(left) + " left");
  }

  @Override
  public void stageFinished(double seconds) {
    line(stage + ": done in " + Format.seconds(seconds));
  }

  @Override
  public void note(String text) {
    line(text);
  }

  @Override
  public void close() {
    out.flush();
  }

  private void line(String text) {
    lastLine = clock.elapsed();
    long seconds = (long) lastLine;
    out.printf("[%02d:%02d:%02d] %s%n", seconds / 3600, seconds / 60 % 60, seconds % 60, text);
    out.flush();
  }
}
