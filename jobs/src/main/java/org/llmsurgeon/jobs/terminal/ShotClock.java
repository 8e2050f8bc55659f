package org.llmsurgeon.jobs.terminal;

import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** How long a run still takes, from how long its finished shots took. */
final class ShotClock {
  private final LongSupplier nanos;
  private final long start;
  private int shots;
  private int firstShot;
  private int shot;
  private long firstShotStart;
  private long shotStart;

  /**
   * @param nanos the time in nanoseconds, never going back
   */
  ShotClock(LongSupplier nanos) {
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  /** A run of so many shots begins; 0 where there are none. */
  void runStarted(int planned) {
    shots = planned;
    firstShot = 0;
    shot = 0;
  }

  /**
   * A stage begins.
   *
   * @param of shot it belongs to, 0 for none
   * @return whether it is the first of its shot
   */
  boolean stageStarted(int of) {
    if (of == 0 || of == shot) {
      return false;
    }
    long now = nanos.getAsLong();
    if (firstShot == 0) {
      firstShot = of;
      firstShotStart = now;
    }
    shot = of;
    shotStart = now;
    return true;
  }

  /** Seconds since this clock was made. */
  double elapsed() {
    return (nanos.getAsLong() - start) / 1e9;
  }

  /** A stage by its name, with its shot where the run has several. */
  String title(int of, String stage) {
    return of > 0 && shots > 0 ? "shot " + of + "/" + shots + " " + stage : stage;
  }

  /** Seconds that the shots still take; empty until one of them is finished. */
  OptionalDouble left() {
    int finished = shot - firstShot;
    if (finished <= 0 || shots == 0) {
      return OptionalDouble.empty();
    }
    double perShot = (shotStart - firstShotStart) / 1e9 / finished;
    double inShot = Math.min(perShot, (nanos.getAsLong() - shotStart) / 1e9);
    return OptionalDouble.of(perShot * (shots - shot + 1) - inShot);
  }
}
