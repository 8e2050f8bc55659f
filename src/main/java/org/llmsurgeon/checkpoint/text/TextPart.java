package org.llmsurgeon.checkpoint.text;

import java.io.Serializable;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * A range of bytes of a text file. It stands for what begins in it: characters of plain text, lines
 * of JSON lines, row groups of Parquet. So the parts of a file hold each of these once, wherever
 * the ranges end.
 *
 * @param path the file
 * @param from first byte
 * @param to byte after the last
 * @param length bytes of the whole file
 * @param column the field or column that holds the text, where the format has any
 */
public record TextPart(String path, long from, long to, long length, String column)
    implements Serializable {
  /** Checks the range. */
  public TextPart {
    if (from < 0 || to < from || length < to) {
      throw new IllegalArgumentException(from + " to " + to + " of " + length + " bytes");
    }
  }

  /**
   * Of a file whose text has the usual name.
   *
   * @param path the file
   * @param from first byte
   * @param to byte after the last
   * @param length bytes of the whole file
   */
  public TextPart(String path, long from, long to, long length) {
    this(path, from, to, length, TextFormat.FIELD);
  }

  /**
   * A whole file whose text has the usual name.
   *
   * @param storage where it is
   * @param path the file
   */
  public static TextPart whole(Storage storage, String path) {
    return whole(storage, path, TextFormat.FIELD);
  }

  /**
   * A whole file.
   *
   * @param storage where it is
   * @param path the file
   * @param column the field or column that holds the text, where the format has any
   */
  public static TextPart whole(Storage storage, String path, String column) {
    long length = storage.length(path);
    return new TextPart(path, 0, length, length, column);
  }

  /**
   * Another range of the same file.
   *
   * @param first first byte
   * @param last byte after the last
   */
  public TextPart range(long first, long last) {
    return new TextPart(path, first, last, length, column);
  }

  /** Bytes in the range. */
  public long bytes() {
    return to - from;
  }
}
