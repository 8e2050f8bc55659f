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
 * @param text what they were drawn from; null where that is not known, as of windows that somebody
 *     else has made
 */
public record WindowsFile(List<String> parts, int partWindows, int windows, int context, Text text)
    implements Serializable {
  /**
   * The text of windows.
   *
   * @param tokens that it has
   * @param each tokens of it in a window, without those that the tokenizer puts around them
   */
  public record Text(long tokens, int each) implements Serializable {
    private Optional<String> overlap(String name, long drawn) {
      return drawn <= tokens
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "The %s windows have %,d tokens and the text has %,d: they overlap, each token"
                      + " stands in %.1f of them; give more text or fewer --sequences.",
                  name,
                  drawn,
                  tokens,
                  (double) drawn / tokens));
    }
  }

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

  /** The same windows of a text. */
  public WindowsFile drawnFrom(Text drawn) {
    return new WindowsFile(parts, partWindows, windows, context, drawn);
  }

  /**
   * A warning about windows that overlap, which tell less than their number promises.
   *
   * @param name what they are for
   * @param sets how many such sets of windows there are of the same text
   */
  public Optional<String> overlap(String name, int sets) {
    return text == null
        ? Optional.empty()
        : text.overlap(name, (long) sets * windows * text.each());
  }
}
