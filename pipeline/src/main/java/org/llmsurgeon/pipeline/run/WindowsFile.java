package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import java.util.List;

/**
 * Token windows in the run directory, in files of equally many, so that a task reads only those
 * that it needs.
 *
 * @param parts Arrow files, relative to the run directory
 * @param partWindows windows in each of them; the last may have fewer
 * @param windows how many windows
 * @param context tokens of each; a window of an image has more numbers than it has tokens
 */
public record WindowsFile(List<String> parts, int partWindows, int windows, int context)
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
}
