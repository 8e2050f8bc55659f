package org.llmsurgeon.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.InputException;

/** Text for calibration and tests, and the windows that are cut from its tokens. */
public final class CalibrationText {
  private static final String BETWEEN_DOCUMENTS = "\n\n";

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
    List<String> documents = new ArrayList<>();
    for (String path : paths) {
      String text = StrictText.decode(storage.readBytes(path), path);
      if (path.endsWith(".jsonl") || path.endsWith(".json")) {
        addLines(text, path, documents);
      } else {
        documents.add(text);
      }
    }
    String joined = String.join(BETWEEN_DOCUMENTS, documents);
    if (joined.isBlank()) {
      throw new InputException(String.join(", ", paths) + " holds no text; give a text to use");
    }
    return joined;
  }

  /**
   * Consecutive windows from the first token on; what is left at the end is dropped.
   *
   * @param ids tokens of a text
   * @param context tokens of a window, at least 2
   * @return {@code [windows][context]}, at least one
   * @throws InputException saying how many tokens there are and how many are needed, if there are
   *     fewer than {@code context}
   */
  public static int[][] testWindows(int[] ids, int context) {
    requireTokens("test", ids, context);
    int[][] windows = new int[ids.length / context][];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = Arrays.copyOfRange(ids, i * context, (i + 1) * context);
    }
    return windows;
  }

  /**
   * Windows at random places, drawn one by one with {@link SplitMix}: each start that leaves room
   * for a window is as likely as any other, and windows may overlap. Fewer windows of the same seed
   * are the first of more.
   *
   * @param ids tokens of a text
   * @param context tokens of a window, at least 2
   * @param count windows
   * @param seed any number; the same seed gives the same windows
   * @return {@code [count][context]}
   * @throws InputException saying how many tokens there are and how many are needed, if there are
   *     fewer than {@code context}
   */
  public static int[][] calibrationWindows(int[] ids, int context, int count, long seed) {
    requireTokens("calibration", ids, context);
    SplitMix random = new SplitMix(seed);
    int[][] windows = new int[count][];
    for (int i = 0; i < count; i++) {
      int start = random.below(ids.length - context + 1);
      windows[i] = Arrays.copyOfRange(ids, start, start + context);
    }
    return windows;
  }

  private static void requireTokens(String text, int[] ids, int context) {
    if (context < 2) {
      throw new InputException(
          "a context of " + context + " tokens predicts nothing; use at least 2");
    }
    if (ids.length < context) {
      throw new InputException(
          "the "
              + text
              + " text has "
              + ids.length
              + " tokens and a window needs "
              + context
              + "; give more text or a smaller context");
    }
  }

  private static void addLines(String text, String path, List<String> documents) {
    String[] lines = text.split("\r\n|\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].isBlank()) {
        continue;
      }
      String where = path + ", line " + (i + 1) + ",";
      JsonNode document = StrictJson.object(lines[i], where).path("text");
      if (!document.isTextual()) {
        throw new InputException(where + " has no \"text\"; give one object with a text per line");
      }
      requireWholeCharacters(document.asText(), where);
      documents.add(document.asText());
    }
  }

  private static void requireWholeCharacters(String text, String where) {
    int at = StrictText.loneSurrogate(text);
    if (at >= 0) {
      throw new InputException(
          where + " has half a character (a lone surrogate) at " + at + "; remove it");
    }
  }
}
