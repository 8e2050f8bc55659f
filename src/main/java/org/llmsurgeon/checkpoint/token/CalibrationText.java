package org.llmsurgeon.checkpoint.token;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextPart;

/** Text for calibration and tests, and the windows that are cut from its tokens, all in memory. */
public final class CalibrationText {
  /** What stands between two documents. */
  static final String BETWEEN_DOCUMENTS = "\n\n";

  private CalibrationText() {}

  /**
   * Reads texts and joins their documents with blank lines. A {@code .jsonl} or {@code .json} file
   * holds one object with a {@code text} per line, each a document; any other file is one document.
   *
   * @param storage where the files are
   * @param paths the files, at least one
   * @throws InputException naming the file, and the byte or line, if a file is no UTF-8, a line is
   *     no object with a text, or there is no text at all
   */
  public static String read(Storage storage, List<String> paths) {
    StringBuilder joined = new StringBuilder();
    List<TextPart> files = paths.stream().map(path -> TextPart.whole(storage, path)).toList();
    try (SplitText text = new SplitText(new FileTexts(storage), new TextSplit(files), true)) {
      for (TextChunk chunk = text.next(); chunk != null; chunk = text.next()) {
        joined.append(chunk.text());
      }
    }
    requireText(joined.toString().isBlank(), paths);
    return joined.toString();
  }

  /**
   * Throws if a text is blank.
   *
   * @param blank whether it is
   * @param paths its files
   */
  public static void requireText(boolean blank, List<String> paths) {
    if (blank) {
      String more = paths.size() > 3 ? " and " + (paths.size() - 3) + " more" : "";
      String some = String.join(", ", paths.subList(0, Math.min(3, paths.size())));
      throw new InputException(some + more + " holds no text; give a text to use");
    }
  }

  /**
   * Windows of tokens that are in memory.
   *
   * @param ids tokens of a text
   * @param draw where windows begin
   * @return {@code [windows][context]}
   * @throws InputException if there are fewer tokens than a window has
   */
  public static int[][] windows(int[] ids, WindowDraw draw) {
    long[] starts = draw.starts(ids.length, 0, draw.windows(ids.length));
    int[][] windows = new int[starts.length][];
    for (int i = 0; i < windows.length; i++) {
      int start = Math.toIntExact(starts[i]);
      windows[i] = Arrays.copyOfRange(ids, start, start + draw.context());
    }
    return windows;
  }
}
