package org.llmsurgeon.pipeline.run;

import java.util.Map;
import java.util.TreeMap;

/**
 * How good some weights are, as kept in the run directory.
 *
 * @param perplexity on the test windows; null where there are none
 * @param scores what else is to be said of what they are to do, by name
 * @param seconds time it took
 */
public record Evaluation(Double perplexity, Map<String, Double> scores, double seconds) {
  /** Copies the scores; records of earlier versions have none. */
  public Evaluation {
    scores = scores == null ? Map.of() : new TreeMap<>(scores);
  }

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
