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

  /**
   * The place of that of a shot that more stages are to follow, relative.
   *
   * @param stage the last that was done: what was cut, refitted or corrected
   * @param shot from 1
   */
  public static String after(ShotStage stage, int shot) {
    return RunDirectory.inShot(shot, "evaluation-" + stage.record());
  }

  /** Its place in the run directory, relative. */
  public static String path(int shot) {
    return RunDirectory.inShot(shot, "evaluation.json");
  }
}
