package org.llmsurgeon.pipeline;

/**
 * Name of a stage, for progress, Spark's job descriptions and errors.
 *
 * @param shot shot it belongs to, from 1; 0 where it belongs to none
 * @param shots shots in the plan
 * @param name one word
 */
record StageName(int shot, int shots, String name) {
  /** A stage outside any shot. */
  static StageName of(String name) {
    return new StageName(0, 0, name);
  }

  /** For example {@code shot 3/40 accumulate}. */
  String description() {
    return shot == 0 ? name : "shot " + shot + "/" + shots + " " + name;
  }
}
