package org.llmsurgeon.checkpoint.token;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.arrow.ArrowBatches;
import org.llmsurgeon.checkpoint.arrow.ArrowListFile;
import org.llmsurgeon.checkpoint.arrow.ArrowListWriter;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.TextFormat;

/**
 * Windows of token ids of one length: what a model is calibrated or tested on.
 *
 * @param windows {@code [windows][tokens]}, all of the same length, ids at least 0, or -1 for
 *     nothing in rows of labelled texts; not copied
 */
public record TokenWindows(int[][] windows) {
  /** The column of an Arrow file that holds the windows. */
  public static final String COLUMN = "tokens";

  /** In place of a token or a label where there is none, as examples of labelled texts have it. */
  private static final int NOTHING = -1;

  private static final ArrowType INT32 = new ArrowType.Int(32, true);

  /** Checks that all windows have the same length. */
  public TokenWindows {
    for (int[] window : windows) {
      if (window.length != windows[0].length) {
        throw new IllegalArgumentException(
            "windows of " + window.length + " and " + windows[0].length + " tokens");
      }
    }
  }

  /**
   * Reads a file of windows.
   *
   * @param storage where it is
   * @param path a {@code .safetensors} file with a tensor I32 or I64 {@code [windows, tokens]}, or
   *     an {@code .arrow} IPC file or stream with a column {@code tokens} of lists of whole numbers
   * @param tensor name of the tensor, for example {@code calibration}; not used for Arrow
   * @throws InputException naming the file if it has another ending, is malformed, holds no
   *     windows, windows of different lengths or of fewer than 2 tokens, or a negative id
   */
  public static TokenWindows read(Storage storage, String path, String tensor) {
    int[][] windows;
    if (isSafetensors(path)) {
      windows = readSafetensors(storage, path, tensor);
    } else if (TextFormat.of(path) == TextFormat.ARROW) {
      windows = readArrow(storage, path);
    } else {
      throw new InputException(
          path + " is no file of token windows; give a .safetensors or an .arrow file");
    }
    check(windows, path);
    return new TokenWindows(windows);
  }

  /**
   * Whether a file of that name holds tensors, and so windows.
   *
   * @param path any path
   */
  public static boolean isSafetensors(String path) {
    return path.toLowerCase(Locale.ROOT).endsWith(".safetensors");
  }

  /**
   * Whether a file holds token windows, not text: by its name, and where that may mean either, by
   * its columns.
   *
   * @param storage where it is
   * @param path an existing file
   * @throws InputException naming the file if its columns cannot be read
   */
  public static boolean areIn(Storage storage, String path) {
    if (TextFormat.of(path) != TextFormat.ARROW) {
      return isSafetensors(path);
    }
    try (ArrowBatches file = new ArrowBatches(storage.open(path))) {
      return file.column(COLUMN) != null;
    }
  }

  /** Number of windows. */
  public int count() {
    return windows.length;
  }

  /** Tokens of each window. */
  public int context() {
    return windows.length == 0 ? 0 : windows[0].length;
  }

  /**
   * Checks that a model knows every token.
   *
   * @param vocabulary number of tokens that the model has
   * @param where the file, for the message
   * @throws InputException naming the file, the window and the id if one is too large
   */
  public void requireVocabulary(int vocabulary, String where) {
    for (int i = 0; i < windows.length; i++) {
      for (int id : windows[i]) {
        if (id >= vocabulary) {
          throw new InputException(
              "%s: window %d holds token %d, and the model has %d; tokenize with its own tokenizer"
                  .formatted(where, i, id, vocabulary));
        }
      }
    }
  }

  /**
   * Writes the windows as an Arrow IPC file, uncompressed.
   *
   * @param storage where to
   * @param path a file that does not exist; half of it stays there if writing fails
   */
  public void write(Storage storage, String path) {
    ArrowListWriter.Format format =
        new ArrowListWriter.Format(COLUMN, INT32, context(), count(), Map.of());
    try (ArrowListWriter writer = new ArrowListWriter(format, storage.create(path))) {
      for (int[] window : windows) {
        writer.append(window);
      }
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be written", e);
    }
  }

  private static int[][] readSafetensors(Storage storage, String path, String tensor) {
    try (Safetensors file = Safetensors.open(storage.open(path))) {
      return file.integers(tensor);
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be closed", e);
    }
  }

  private static int[][] readArrow(Storage storage, String path) {
    List<int[]> windows = new ArrayList<>();
    try (ArrowListFile file = ArrowListFile.ofIntegers(storage, path, COLUMN)) {
      while (file.next()) {
        for (int i = 0; i < file.rows(); i++) {
          windows.add(file.ints(i));
        }
      }
    }
    return windows.toArray(int[][]::new);
  }

  private static void check(int[][] windows, String path) {
    if (windows.length == 0 || windows[0].length < 2) {
      throw new InputException(path + " holds no windows of at least 2 tokens; write it again");
    }
    for (int i = 0; i < windows.length; i++) {
      if (windows[i].length != windows[0].length) {
        throw new InputException(
            "%s: window %d has %d tokens, the first has %d; cut all to one length"
                .formatted(path, i, windows[i].length, windows[0].length));
      }
      for (int id : windows[i]) {
        if (id < NOTHING) {
          throw new InputException(
              path + ": window " + i + " holds the token id " + id + "; write it again");
        }
      }
    }
  }
}
