package org.llmsurgeon.pipeline;

import java.util.Arrays;
import java.util.Random;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TokenWindows;

/** Cuts the tokens of a text into windows (algorithm section 8). */
final class TextWindows {
  private TextWindows() {}

  /**
   * Windows that start at random places, drawn with replacement.
   *
   * @param tokens tokens of the whole text
   * @param count how many windows
   * @param context tokens of each
   * @param seed of the draw; the same seed gives the same places on every machine
   * @throws InputException if the text is shorter than a window
   */
  static TokenWindows random(int[] tokens, int count, int context, long seed) {
    require(tokens, context, "calibration");
    Random random = new Random(seed);
    int[][] windows = new int[count][];
    for (int i = 0; i < count; i++) {
      int start = random.nextInt(tokens.length - context + 1);
      windows[i] = Arrays.copyOfRange(tokens, start, start + context);
    }
    return new TokenWindows(windows);
  }

  /**
   * Windows one after the other from the start; what is left at the end is not used.
   *
   * @param tokens tokens of the whole text
   * @param context tokens of each window
   * @throws InputException if the text is shorter than a window
   */
  static TokenWindows consecutive(int[] tokens, int context) {
    require(tokens, context, "test");
    int[][] windows = new int[tokens.length / context][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = Arrays.copyOfRange(tokens, i * context, (i + 1) * context);
    }
    return new TokenWindows(windows);
  }

  private static void require(int[] tokens, int context, String what) {
    if (tokens.length < context) {
      throw new InputException(
          "The "
              + what
              + " text has "
              + tokens.length
              + " tokens and a window needs "
              + context
              + "; give more text or a smaller --context.");
    }
  }
}
