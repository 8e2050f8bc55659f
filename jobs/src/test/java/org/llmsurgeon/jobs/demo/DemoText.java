package org.llmsurgeon.jobs.demo;

import java.util.Random;

/**
 * Makes the demo's text: short English stories from a small grammar of our own. A text depends on
 * its seed alone, on any Java version: {@link Random}'s sequence is part of its specification.
 * Texts of different seeds are different streams, so training, calibration and test text share
 * words and grammar but no stories.
 */
public final class DemoText {
  /**
   * A text of whole stories, each a line, with a blank line between them.
   *
   * @param seed which stream
   * @param sentences fewest sentences; the last story is finished
   */
  public String text(long seed, int sentences) {
    if (sentences < 1) {
      throw new IllegalArgumentException("a text needs at least 1 sentence, not " + sentences);
    }
    Random random = new Random(mixed(seed));
    StringBuilder text = new StringBuilder();
    int told = 0;
    while (told < sentences) {
      Story story = new Story(random);
      if (told > 0) {
        text.append("\n\n");
      }
      text.append(String.join(" ", story.sentences()));
      told += story.sentences().size();
    }
    return text.append('\n').toString();
  }

  /** Spreads a seed over all bits: {@link Random} begins alike from neighbouring seeds. */
  private static long mixed(long seed) {
    long bits = (seed + 1) * 0x9e3779b97f4a7c15L;
    bits = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
    bits = (bits ^ bits >>> 27) * 0x94d049bb133111ebL;
    return bits ^ bits >>> 31;
  }
}
