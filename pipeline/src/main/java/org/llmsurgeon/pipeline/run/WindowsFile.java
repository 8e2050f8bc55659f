package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Token windows in the run directory, in files of equally many, so that a task reads only those
 * that it needs.
 *
 * @param parts Arrow files, relative to the run directory
 * @param partWindows windows in each of them; the last may have fewer
 * @param windows how many windows
 * @param context tokens of each; a window of an image has more numbers than it has tokens
 * @param textTokens tokens of the text that they were drawn from; 0 where that is not known, as of
 *     windows that somebody else has made
 */
public record WindowsFile(
    List<String> parts, int partWindows, int windows, int context, long textTokens)
    implements Serializable {
  /** Folder of all windows in the run directory. */
  public static final String FOLDER = "windows/";

  private static final int PART_TOKENS = 1 << 22;

  /** Checks the numbers. */
  public WindowsFile {
    parts = List.copyOf(parts);
  }

  /**
   * Windows in a file: as many as have 16 MiB of tokens.
   *
   * @param context numbers of each
   */
  public static int partWindows(int context) {
    return Math.max(1, PART_TOKENS / context);
  }

  /** Tokens in all windows. */
  public long tokens() {
    return (long) windows * context;
  }

  /** The same windows of a text of so many tokens. */
  public WindowsFile drawnFrom(long tokens) {
    return new WindowsFile(parts, partWindows, windows, context, tokens);
  }

  /**
   * A warning about windows that overlap, which tell less than their number promises.
   *
   * @param name what they are for
   * @param drawn tokens of all windows
   * @param text tokens of the text that they are from; 0 where that is not known
   */
  public static Optional<String> overlap(String name, long drawn, long text) {
    return text == 0 || drawn <= text
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The %s windows have %,d tokens and the text has %,d: they overlap, each token"
                    + " stands in %.1f of them; give more text or fewer --sequences.",
                name,
                drawn,
                text,
                (double) drawn / text));
  }
}
