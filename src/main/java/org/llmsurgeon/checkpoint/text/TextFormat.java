package org.llmsurgeon.checkpoint.text;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.llmsurgeon.checkpoint.storage.Compression;

/** How a file holds text, by the ending of its name, in capitals or not. */
public enum TextFormat {
  /** UTF-8, the whole file one document; whatever has no other ending. */
  PLAIN(".txt"),
  /** One JSON object on each line, one of its fields a document; or one array of such objects. */
  LINES(".jsonl", ".ndjson", ".json"),
  /** A table of which a column holds a document in each row. */
  PARQUET(".parquet"),
  /** A table likewise, as an Arrow IPC file or stream: what the library datasets keeps. */
  ARROW(".arrow");

  /** Name of the field or column that holds the text, unless another is named. */
  public static final String FIELD = "text";

  /** What a user may give, for messages. */
  public static final String ALL =
      ".txt, .jsonl, .ndjson, .json (also with .gz, .bz2, .xz, .zst), .parquet, .arrow";

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
    for (TextFormat table : List.of(PARQUET, ARROW)) {
      if (table.names(path)) {
        return table;
      }
    }
    return LINES.names(Compression.strip(path)) ? LINES : PLAIN;
  }

  /** Whether its files have fields or columns, of which one holds the text. */
  public boolean hasColumns() {
    return this != PLAIN;
  }

  /**
   * What to say where the text is not where it was looked for.
   *
   * @param others names of fields or columns that are there
   */
  public static String remedy(Collection<String> others) {
    String all = others.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
    return (others.isEmpty() ? "nothing" : all)
        + "; name the one that holds the text with the option text-column";
  }

  /**
   * Whether a file is compressed as a whole, so that it can only be read from its start.
   *
   * @param path any path
   */
  public static boolean isCompressed(String path) {
    return Compression.of(path).isPresent();
  }

  /**
   * Whether a file's name says that it is text; in a folder others are not taken for it.
   *
   * @param path any path
   */
  public static boolean isText(String path) {
    return of(path) != PLAIN || PLAIN.names(Compression.strip(path));
  }

  private boolean names(String path) {
    String name = path.toLowerCase(Locale.ROOT);
    return endings.stream().anyMatch(name::endsWith);
  }
}
