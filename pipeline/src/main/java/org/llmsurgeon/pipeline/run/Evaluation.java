package org.llmsurgeon.pipeline.run;

/**
 * Perplexity of some weights, as kept in the run directory.
 *
 * @param perplexity on the test windows; null where there are none
 * @param seconds time it took
 */
public record Evaluation(Double perplexity, double seconds) {
  /** The place of that of a shot that was cut and not corrected yet, relative. */
  public static String ofCut(int shot) {
    return RunDirectory.inShot(shot, "evaluation-cut.json");
  }

  /** The place of that of a shot that was refitted and not corrected yet, relative. */
  public static String ofReconstructed(int shot) {
    return RunDirectory.inShot(shot, "evaluation-reconstructed.json");
  }

  /** The place of that of a shot that was corrected and not recovered yet, relative. */
  public static String ofCorrected(int shot) {
    return RunDirectory.inShot(shot, "evaluation-corrected.json");
  }

  /** Its place in the run directory, relative. */
  public static String path(int shot) {
    return RunDirectory.inShot(shot, "evaluation.json");
  }
}
