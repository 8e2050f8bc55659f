package org.llmsurgeon.jobs.terminal;

import java.io.PrintWriter;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress on a terminal: one bar for the running stage with the time it still takes, beside it the
 * time for all shots. A bar goes when its stage ends; notes stay as lines above it. What is told of
 * a start goes as soon as there is anything else.
 */
public final class BarProgress implements RunProgress {
  private static final int REDRAW_MILLIS = 250;

  private final PrintWriter out;
  private final int columns;
  private final ShotClock clock;
  private ProgressBar bar;
  private boolean starting;

  /**
   * @param out the terminal
   * @param columns its width in characters
   * @param nanos the time in nanoseconds, never going back
   */
  public BarProgress(PrintWriter out, int columns, LongSupplier nanos) {
    this.out = out;
    this.columns = columns;
    this.clock = new ShotClock(nanos);
  }

  @Override
  public void starting(String what) {
    synchronized (out) {
      out.print(what + " ...");
      out.flush();
      starting = true;
    }
  }

  @Override
  public void runStarted(String title, int shots) {
    clock.runStarted(shots);
    note(title + (shots > 0 ? ", " + Format.plural(shots, "shot") : ""));
  }

  @Override
  public void stageStarted(int shot, String stage, int tasks) {
    endStart();
    endBar();
    clock.stageStarted(shot);
    bar =
        new ProgressBarBuilder()
            .setTaskName(clock.title(shot, stage))
            .setInitialMax(tasks)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .continuousUpdate()
            .setConsumer(new Line())
            .clearDisplayOnFinish()
            .build();
    tellTimeLeft();
  }

  @Override
  public void taskFinished() {
    if (bar != null) {
      bar.step();
      tellTimeLeft();
    }
  }

  @Override
  public void stageFinished(double seconds) {
    endBar();
  }

  @Override
  public void note(String text) {
    synchronized (out) {
      clearLine();
      starting = false;
      out.println(text);
      out.flush();
    }
  }

  @Override
  public void close() {
    endStart();
    endBar();
  }

  private void endStart() {
    synchronized (out) {
      if (starting) {
        clearLine();
        out.flush();
        starting = false;
      }
    }
  }

  private void tellTimeLeft() {
    OptionalDouble left = clock.left();
    if (left.isPresent()) {
      bar.setExtraMessage(" all shots: " + Format.seconds(left.getAsDouble()) + " left");
    }
  }

  private void endBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  private void clearLine() {
    out.print("\r" + " ".repeat(columns - 1) + "\r");
  }

  /** The terminal's last line, drawn over and over by the bar's own thread. */
  private final class Line implements ProgressBarConsumer {
    @Override
    public int getMaxRenderedLength() {
      return columns - 1;
    }

    @Override
    public void accept(String rendered) {
      synchronized (out) {
        out.print("\r" + rendered);
        out.flush();
      }
    }

    @Override
    public void clear() {
      synchronized (out) {
        clearLine();
        out.flush();
      }
    }

    @Override
    public void close() {
      // The line belongs to the terminal, which outlives the bar.
    }
  }
}
