package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The field of a JSON object that holds text. Other fields are passed over whatever is in them,
 * {@code NaN} and keys that come twice too.
 */
final class JsonText {
  /** Bytes of an object at most. */
  static final int MOST = 1 << 28;

  /** Names of other fields that a message tells at most. */
  private static final int TOLD = 12;

  /** Parses what other programs write: Python's {@code NaN} and {@code Infinity} too. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MOST)
                  .maxNameLength(MOST)
                  .maxNumberLength(MOST)
                  .build())
          .build();

  private JsonText() {}

  /**
   * The text of a line.
   *
   * @param json one object
   * @param field its name
   * @param where the line, for the message
   */
  static String ofLine(String json, String field, Supplier<String> where) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT) {
        throw new InputException(
            where.get()
                + " is "
                + name(first)
                + "; give one object with "
                + a(field)
                + " per line");
      }
      String text = ofObject(parser, field, where);
      if (parser.nextToken() != null) {
        throw new InputException(
            where.get()
                + " goes on after its object; give one object with "
                + a(field)
                + " per line");
      }
      return text;
    } catch (JsonProcessingException malformed) {
      if (isCut(malformed)) {
        throw new InputException(
            where.get() + " holds no whole JSON object; give one per line, or all in one array",
            malformed);
      }
      throw notJson(where, malformed);
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory", impossible);
    }
  }

  /**
   * The text of the object that a parser has begun, which is read to its end.
   *
   * @param parser at the start of an object
   * @param field its name
   * @param where the object, for the message
   */
  static String ofObject(JsonParser parser, String field, Supplier<String> where)
      throws IOException {
    String text = null;
    Set<String> others = new LinkedHashSet<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean wanted = field.equals(parser.currentName());
      if (!wanted && others.size() < TOLD) {
        others.add(parser.currentName());
      }
      JsonToken value = parser.nextToken();
      if (!wanted) {
        parser.skipChildren();
        continue;
      }
      if (text != null) {
        throw new InputException(where.get() + " has \"" + field + "\" twice; keep one of them");
      }
      if (value != JsonToken.VALUE_STRING) {
        throw new InputException(
            where.get() + " has " + name(value) + " as its \"" + field + "\"; give a string");
      }
      text = parser.getText();
    }
    if (text == null) {
      throw new InputException(
          where.get() + " has no \"" + field + "\", but " + TextFormat.remedy(others));
    }
    int half = StrictText.loneSurrogate(text);
    if (half >= 0) {
      throw new InputException(
          where.get() + " has half a character (a lone surrogate) at " + half + "; remove it");
    }
    return text;
  }

  /**
   * Whether a text is a JSON object and nothing else.
   *
   * @param line any text
   * @param cut whether only its start is given
   */
  static boolean isObject(String line, boolean cut) {
    if (!line.startsWith("{")) {
      return false;
    }
    try (JsonParser parser = FACTORY.createParser(line)) {
      parser.nextToken();
      parser.skipChildren();
      return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
    } catch (IOException malformed) {
      return cut && malformed instanceof JsonProcessingException problem && isCut(problem);
    }
  }

  /** Whether nothing is wrong with JSON but that it ends too early. */
  static boolean isCut(JsonProcessingException problem) {
    return problem instanceof JsonEOFException
        || problem.getOriginalMessage().contains("end-of-input");
  }

  private static String a(String field) {
    return "a \"" + field + '"';
  }

  /** What to say of what is no JSON. */
  static InputException notJson(Supplier<String> where, JsonProcessingException malformed) {
    return new InputException(
        where.get() + " is not valid JSON: " + StrictJson.problem(malformed) + "; correct it",
        malformed);
  }

  /** What a value is. */
  static String name(JsonToken token) {
    if (token == null) {
      return "empty";
    }
    return switch (token) {
      case START_ARRAY -> "a list";
      case START_OBJECT -> "an object";
      case VALUE_STRING -> "a string";
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> "a truth value";
      default -> "a number";
    };
  }
}
