package org.llmsurgeon.checkpoint.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;

/** The lines that begin in a part of a file of JSON lines; each is a document, blank ones none. */
final class JsonLinesReader implements TextReader {
  private static final int BUFFER = 1 << 16;

  private final TextPart part;
  private final ByteSource source;
  private final InputStream stream;
  private final long end;
  private final byte[] buffer = new byte[BUFFER];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int filled;
  private int at;

  /** Position of the next byte in the text. */
  private long position;

  private long firstLine = -1;
  private int lines;

  /**
   * @param source the file; closed with the reader
   * @param part which of it
   */
  JsonLinesReader(ByteSource source, TextPart part) {
    this.part = part;
    this.source = source;
    this.end = TextFormat.isCompressed(part.path()) ? Long.MAX_VALUE : part.to();
    // A line begins behind a line feed: perhaps behind the one just before the part.
    this.position = Math.max(0, part.from() - 1);
    this.stream = FileTexts.bytes(source, position, source.length());
  }

  @Override
  public TextChunk next() {
    if (firstLine < 0) {
      if (part.from() > 0) {
        readLine(false);
      }
      firstLine = position;
    }
    while (position < end) {
      boolean first = position == 0;
      if (!readLine(true)) {
        return null;
      }
      lines++;
      String decoded = StrictText.decode(line.toByteArray(), this::where);
      String json = first ? StrictText.withoutMark(decoded) : decoded;
      if (!json.isBlank()) {
        return new TextChunk(part.path(), true, document(json));
      }
    }
    return null;
  }

  private String document(String json) {
    StrictText.refuseLfsPointer(json, part.path());
    return JsonText.ofLine(json, part.column(), this::where);
  }

  /** Reads up to a line feed, which is dropped; false at the end of the file. */
  private boolean readLine(boolean keep) {
    line.reset();
    while (at < filled || fill()) {
      int from = at;
      while (at < filled && buffer[at] != '\n') {
        at++;
      }
      position += at - from;
      if (keep) {
        line.write(buffer, from, at - from);
        requireShort();
      }
      if (at < filled) {
        at++;
        position++;
        return true;
      }
    }
    return line.size() > 0;
  }

  private void requireShort() {
    if (line.size() > JsonText.MOST) {
      lines++;
      throw new InputException(
          where() + " has more than " + JsonText.MOST + " bytes; cut its text into documents");
    }
  }

  private boolean fill() {
    try {
      filled = Math.max(0, stream.read(buffer, 0, buffer.length));
      at = 0;
      return filled > 0;
    } catch (IOException failure) {
      throw FileTexts.unreadable(part.path(), failure);
    }
  }

  /** The place of the line that was read last. Only now are the lines before the part counted. */
  private String where() {
    return part.path() + ", line " + (linesBefore() + lines) + ",";
  }

  private long linesBefore() {
    long before = 0;
    ByteBuffer some = ByteBuffer.allocate(BUFFER);
    try {
      for (long from = 0; from < firstLine; from += some.limit()) {
        some.clear().limit((int) Math.min(BUFFER, firstLine - from));
        source.read(from, some);
        for (int i = 0; i < some.limit(); i++) {
          before += some.get(i) == '\n' ? 1 : 0;
        }
      }
    } catch (IOException failure) {
      throw FileTexts.unreadable(part.path(), failure);
    }
    return before;
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(part.path() + " could not be closed", failure);
    }
  }
}
