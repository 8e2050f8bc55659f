package org.llmsurgeon.checkpoint.token;

import java.util.Iterator;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.checkpoint.text.TextSource;

/** The text of a split, with a blank line before each document but the first of all. */
final class SplitText implements AutoCloseable {
  private final TextSource source;
  private final Iterator<TextPart> parts;
  private boolean first;
  private TextReader reader;

  /**
   * @param source opens the parts
   * @param split what to read
   * @param first whether no other text comes before
   */
  SplitText(TextSource source, TextSplit split, boolean first) {
    this.source = source;
    this.parts = split.parts().iterator();
    this.first = first;
  }

  /** The next text, or null at the end. */
  TextChunk next() {
    while (true) {
      TextChunk chunk = reader == null ? null : reader.next();
      if (chunk != null) {
        return joined(chunk);
      }
      close();
      if (!parts.hasNext()) {
        return null;
      }
      reader = source.open(parts.next());
    }
  }

  private TextChunk joined(TextChunk chunk) {
    boolean alone = first || !chunk.startsDocument();
    first = false;
    return alone
        ? chunk
        : new TextChunk(chunk.path(), true, CalibrationText.BETWEEN_DOCUMENTS + chunk.text());
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
