package org.llmsurgeon.jobs.watch;

import org.llmsurgeon.pipeline.cluster.ShotFigures;

/** Told what a run has finished. Calls come one after another. */
public interface RunObserver {
  /**
   * A stage ended.
   *
   * @param stage its name
   * @param seconds wall-clock time that it took
   */
  void stageFinished(String stage, double seconds);

  /**
   * A shot was committed and measured.
   *
   * @param shot its figures
   */
  void shotFinished(ShotFigures shot);
}
