package org.llmsurgeon.checkpoint.token;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;

/**
 * What one task reads of a text: parts that follow each other.
 *
 * @param parts at least one
 */
public record TextSplit(List<TextPart> parts) implements Serializable {
  /** Copies the list. */
  public TextSplit {
    parts = List.copyOf(parts);
  }

  /**
   * Divides files: large ones are cut, small ones that follow each other are put together.
   *
   * @param files whole files, in the order of the text
   * @param bytes what a split has at most; a compressed file stays whole
   */
  public static List<TextSplit> plan(List<TextPart> files, long bytes) {
    List<TextSplit> splits = new ArrayList<>();
    List<TextPart> together = new ArrayList<>();
    long size = 0;
    for (TextPart part : cut(files, bytes)) {
      if (!together.isEmpty() && size + part.bytes() > bytes) {
        splits.add(new TextSplit(together));
        together.clear();
        size = 0;
      }
      together.add(part);
      size += part.bytes();
    }
    if (!together.isEmpty()) {
      splits.add(new TextSplit(together));
    }
    return splits;
  }

  private static List<TextPart> cut(List<TextPart> files, long bytes) {
    List<TextPart> parts = new ArrayList<>();
    for (TextPart file : files) {
      if (TextFormat.isCompressed(file.path()) || file.length() <= bytes) {
        parts.add(file);
        continue;
      }
      for (long from = 0; from < file.length(); from += bytes) {
        long to = Math.min(from + bytes, file.length());
        parts.add(file.range(from, to));
      }
    }
    return parts;
  }
}
