package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;

/** The objects of a file of JSON lines, or of one JSON array of them; also compressed. */
public final class JsonRows implements LabelledRows {
  private static final ObjectMapper MAPPER = new ObjectMapper(JsonText.FACTORY);

  private final String path;
  private final JsonParser parser;
  private boolean begun;
  private boolean array;
  private long line;

  /**
   * Opens a file.
   *
   * @param source the file; closed with the reader
   */
  public JsonRows(ByteSource source) {
    path = source.name();
    try {
      parser = MAPPER.createParser(FileTexts.bytes(source, 0, source.length()));
    } catch (IOException failure) {
      throw FileTexts.unreadable(path, failure);
    }
  }

  @Override
  public JsonNode next() {
    try {
      return read();
    } catch (JsonProcessingException malformed) {
      throw JsonText.notJson(() -> path, malformed);
    } catch (CharConversionException wide) {
      throw new InputException(path + " is not UTF-8; convert it to UTF-8", wide);
    } catch (IOException failure) {
      throw FileTexts.unreadable(path, failure);
    }
  }

  private JsonNode read() throws IOException {
    JsonToken token = parser.nextToken();
    if (!begun) {
      begun = true;
      array = token == JsonToken.START_ARRAY;
      token = array ? parser.nextToken() : token;
    }
    if (array && token == JsonToken.END_ARRAY) {
      requireEnd();
      return null;
    }
    if (token == null) {
      return null;
    }
    line = parser.currentTokenLocation().getLineNr();
    if (token != JsonToken.START_OBJECT) {
      throw new InputException(
          where() + " is " + JsonText.name(token) + "; give objects with a text and a label");
    }
    return MAPPER.readTree(parser);
  }

  private void requireEnd() throws IOException {
    if (parser.nextToken() != null) {
      throw new InputException(
          path + " goes on after its array; give one array, or an object per line");
    }
  }

  @Override
  public String where() {
    return path + ", line " + line + ",";
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be closed", failure);
    }
  }
}
