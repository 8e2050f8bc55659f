package org.llmsurgeon.pipeline.cluster;

/**
 * Name of a stage, for progress, Spark's job descriptions and errors.
 *
 * @param shot shot it belongs to, from 1; 0 where it belongs to none
 * @param shots shots in the plan
 * @param name one word
 */
public record StageName(int shot, int shots, String name) {
  /** A stage outside any shot. */
  public static StageName of(String name) {
    return new StageName(0, 0, name);
  }

  /** For example {@code shot 3/40 accumulate}. */
  public String description() {
    return shot == 0 ? name : "shot " + shot + "/" + shots + " " + name;
  }
}
