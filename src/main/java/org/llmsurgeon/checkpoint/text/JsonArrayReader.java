package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.llmsurgeon.InputException;

/**
 * The objects that begin in a part of a file that holds one JSON array of them; each is a document.
 * The file is parsed from its start for each part, and what lies before it passed over.
 */
final class JsonArrayReader implements TextReader {
  private final TextPart part;
  private final long end;
  private final JsonParser parser;
  private long element;

  /**
   * @param bytes the text; closed with the reader
   * @param part which of it
   */
  JsonArrayReader(InputStream bytes, TextPart part) {
    this.part = part;
    this.end = TextFormat.isCompressed(part.path()) ? Long.MAX_VALUE : part.to();
    try {
      this.parser = JsonText.FACTORY.createParser(bytes);
    } catch (IOException failure) {
      throw FileTexts.unreadable(part.path(), failure);
    }
  }

  @Override
  public TextChunk next() {
    try {
      return read();
    } catch (JsonProcessingException malformed) {
      if (JsonText.isCut(malformed)) {
        throw new InputException(
            part.path() + " is cut off: its array does not end; copy it again", malformed);
      }
      throw JsonText.notJson(part::path, malformed);
    } catch (CharConversionException wide) {
      throw notUtf8();
    } catch (IOException failure) {
      throw FileTexts.unreadable(part.path(), failure);
    }
  }

  private TextChunk read() throws IOException {
    if (element == 0) {
      parser.nextToken();
    }
    while (true) {
      JsonToken token = parser.nextToken();
      if (token == JsonToken.END_ARRAY) {
        requireEnd();
        return null;
      }
      element++;
      long start = parser.currentTokenLocation().getByteOffset();
      if (start < 0) {
        throw notUtf8();
      }
      if (start >= end) {
        return null;
      }
      if (start < part.from()) {
        parser.skipChildren();
        continue;
      }
      if (token != JsonToken.START_OBJECT) {
        throw new InputException(
            where()
                + " is "
                + JsonText.name(token)
                + "; give objects with a \""
                + part.column()
                + "\" each");
      }
      return new TextChunk(
          part.path(), true, JsonText.ofObject(parser, part.column(), this::where));
    }
  }

  /** The parser would take the first bytes for those of UTF-16 or UTF-32. */
  private InputException notUtf8() {
    return new InputException(part.path() + " is not UTF-8; convert it to UTF-8");
  }

  private void requireEnd() throws IOException {
    if (parser.nextToken() != null) {
      throw new InputException(
          part.path() + " goes on after its array; give one array, or an object per line");
    }
  }

  private String where() {
    return part.path() + ", element " + element + " of its array,";
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(part.path() + " could not be closed", failure);
    }
  }
}
