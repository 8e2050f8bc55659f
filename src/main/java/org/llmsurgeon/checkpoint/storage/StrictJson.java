package org.llmsurgeon.checkpoint.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;

/** JSON objects without forgiveness: no key twice, nothing after the end. */
public final class StrictJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A place as the parser writes it in the middle of a sentence; it names no file. */
  private static final String PARSER_PLACE =
      " ?\\((start marker |for \\w+ starting )?at \\[Source: .*?\\]\\)";

  private StrictJson() {}

  /**
   * Reads a file that holds one object.
   *
   * @param storage where the file is
   * @param path the file
   */
  public static JsonNode readObject(Storage storage, String path) {
    return object(storage.readBytes(path), path);
  }

  /**
   * Parses one object.
   *
   * @param bytes UTF-8
   * @param where the file, for the message
   */
  public static JsonNode object(byte[] bytes, String where) {
    StrictText.refuseLfsPointer(bytes, where);
    return object(StrictText.decode(bytes, where), where);
  }

  /**
   * Parses one object.
   *
   * @param text JSON
   * @param where the file or the line of a file, for the message
   */
  public static JsonNode object(String text, String where) {
    return object(text, () -> where);
  }

  /**
   * Parses one object.
   *
   * @param text JSON
   * @param where the file or the line of a file, for the message
   */
  public static JsonNode object(String text, Supplier<String> where) {
    JsonNode node;
    try {
      node = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InputException(
          where.get() + " is not valid JSON: " + problem(e) + "; correct it", e);
    }
    if (!node.isObject()) {
      throw new InputException(where.get() + " does not hold a JSON object; correct it");
    }
    return node;
  }

  /** What the parser says, with the place, on one line. */
  public static String problem(JsonProcessingException e) {
    String message = Reason.plain(e.getOriginalMessage().replaceAll(PARSER_PLACE, ""));
    return e.getLocation() == null
        ? message
        : message
            + " at line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr();
  }
}
