package org.llmsurgeon.checkpoint.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The characters that begin in a part of a file of UTF-8, some tens of thousands at a time; line
 * ends of all systems are line feeds.
 */
final class PlainTextReader implements TextReader {
  private static final int CHUNK = 1 << 16;
  private static final int LONGEST_TAIL = 3;

  private final TextPart part;
  private final InputStream stream;
  private final CharsetDecoder decoder = StrictText.decoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(CHUNK).flip();

  /** Position in the text of the first byte of the buffer. */
  private long offset;

  /** Whether the character before was a carriage return, which was read as a line end. */
  private boolean returned;

  private boolean exhausted;
  private boolean begun;
  private boolean ended;

  /**
   * @param source the file; closed with the reader
   * @param part which of it
   */
  PlainTextReader(ByteSource source, TextPart part) {
    this.part = part;
    this.offset = characterStart(source, part.from());
    this.returned = offset > 0 && at(source, offset - 1, 1).get(0) == '\r';
    this.stream = FileTexts.bytes(source, offset, characterStart(source, part.to()));
  }

  /** The place itself, or behind the rest of the character in which it lies. */
  private static long characterStart(ByteSource source, long at) {
    if (at == 0 || at >= source.length()) {
      return at;
    }
    ByteBuffer tail = at(source, at, (int) Math.min(LONGEST_TAIL, source.length() - at));
    int skip = 0;
    while (skip < tail.capacity() && (tail.get(skip) & 0xc0) == 0x80) {
      skip++;
    }
    return at + skip;
  }

  private static ByteBuffer at(ByteSource source, long from, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    try {
      source.read(from, bytes);
    } catch (IOException failure) {
      throw FileTexts.unreadable(source.name(), failure);
    }
    return bytes;
  }

  /** Line ends of all systems as line feeds, as Python reads text. */
  private String lineFeeds(String text) {
    if (!returned && text.indexOf('\r') < 0) {
      return text;
    }
    String joined = returned && text.startsWith("\n") ? text.substring(1) : text;
    returned = text.isEmpty() ? returned : text.endsWith("\r");
    return joined.replace("\r\n", "\n").replace('\r', '\n');
  }

  @Override
  public TextChunk next() {
    boolean starts = !begun && part.from() == 0;
    String text = begun && ended ? "" : lineFeeds(decode());
    if (starts) {
      StrictText.refuseLfsPointer(text, part.path());
      text = StrictText.withoutMark(text);
      refuseJsonLines(text);
    }
    begun = true;
    return text.isEmpty() && !starts && ended ? null : new TextChunk(part.path(), starts, text);
  }

  /** Text would be learnt with its quotes and braces; nobody wants that. */
  private void refuseJsonLines(String start) {
    List<String> lines = start.lines().filter(line -> !line.isBlank()).limit(2).toList();
    boolean cut = lines.size() == 1 && start.length() == CHUNK;
    if (!lines.isEmpty() && lines.stream().allMatch(line -> JsonText.isObject(line.strip(), cut))) {
      throw new InputException(
          part.path()
              + " holds JSON objects, one per line; give it a name that ends in .jsonl, and each"
              + " object a \"text\"");
    }
  }

  private String decode() {
    CharBuffer text = CharBuffer.allocate(CHUNK);
    while (true) {
      CoderResult result = decoder.decode(bytes, text, exhausted);
      if (result.isError()) {
        throw StrictText.malformed(part.path(), offset + bytes.position());
      }
      if (result.isUnderflow() && exhausted) {
        decoder.flush(text);
        ended = true;
      }
      if (ended || result.isOverflow()) {
        return text.flip().toString();
      }
      fill();
    }
  }

  private void fill() {
    offset += bytes.position();
    bytes.compact();
    try {
      int count = stream.read(bytes.array(), bytes.position(), bytes.remaining());
      exhausted = count < 0;
      bytes.position(bytes.position() + Math.max(0, count));
    } catch (IOException failure) {
      throw FileTexts.unreadable(part.path(), failure);
    }
    bytes.flip();
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
