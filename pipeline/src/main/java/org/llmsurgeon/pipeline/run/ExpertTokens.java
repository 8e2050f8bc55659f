package org.llmsurgeon.pipeline.run;

import java.util.List;

/**
 * How many calibration tokens reached the experts of a model in a shot; those of which nothing was
 * left before it are not there.
 *
 * @param experts in the model's order
 */
public record ExpertTokens(List<Expert> experts) {
  /** Copies the list. */
  public ExpertTokens {
    experts = List.copyOf(experts);
  }

  /**
   * An expert.
   *
   * @param expert its module
   * @param tokens that reached it
   * @param inputs of the widest of its layers: with fewer tokens its curvature is known in part
   */
  public record Expert(String expert, long tokens, int inputs) {
    /** Whether fewer tokens came than there are directions to know. */
    public boolean isPoor() {
      return tokens < inputs;
    }
  }

  /** Its place in the run directory, relative. */
  public static String path(int shot) {
    return RunDirectory.inShot(shot, "experts.json");
  }
}
