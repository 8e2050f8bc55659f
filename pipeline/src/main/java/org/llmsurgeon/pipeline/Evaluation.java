package org.llmsurgeon.pipeline;

/**
 * Perplexity of some weights, as kept in the run directory.
 *
 * @param perplexity on the test windows; null where there are none
 * @param seconds time it took
 */
record Evaluation(Double perplexity, double seconds) {
  /** The place of that of a shot that was cut and not corrected yet, relative. */
  static String ofCut(int shot) {
    return RunDirectory.inShot(shot, "evaluation-cut.json");
  }

  /** The place of that of a shot that was refitted and not corrected yet, relative. */
  static String ofReconstructed(int shot) {
    return RunDirectory.inShot(shot, "evaluation-reconstructed.json");
  }

  /** Its place in the run directory, relative. */
  static String path(int shot) {
    return RunDirectory.inShot(shot, "evaluation.json");
  }
}
