package org.llmsurgeon.checkpoint;

import java.util.List;

/** How a file holds text, by its name. */
public enum TextFormat {
  /** UTF-8, the whole file one document; whatever has no other ending. */
  PLAIN(".txt"),
  /** One JSON object on each line, its field {@code text} a document. */
  LINES(".jsonl", ".json"),
  /** A table whose column {@code text} holds a document in each row. */
  PARQUET(".parquet");

  /** Name of the field or column that holds the text. */
  public static final String FIELD = "text";

  private static final String COMPRESSED = ".gz";

  private final List<String> endings;

  TextFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /**
   * The format of a file.
   *
   * @param path any path
   */
  public static TextFormat of(String path) {
    if (path.endsWith(PARQUET.endings.get(0))) {
      return PARQUET;
    }
    return LINES.named(withoutCompression(path)) ? LINES : PLAIN;
  }

  /**
   * Whether a file is compressed as a whole, with gzip, so that it can only be read from its start.
   *
   * @param path any path
   */
  public static boolean isCompressed(String path) {
    return path.endsWith(COMPRESSED);
  }

  /**
   * Whether a file's name says that it is text; in a folder others are not taken for it.
   *
   * @param path any path
   */
  public static boolean isText(String path) {
    String plain = withoutCompression(path);
    return of(path) == PARQUET || LINES.named(plain) || PLAIN.named(plain);
  }

  private boolean named(String path) {
    return endings.stream().anyMatch(path::endsWith);
  }

  private static String withoutCompression(String path) {
    return isCompressed(path) ? path.substring(0, path.length() - COMPRESSED.length()) : path;
  }
}
