package org.llmsurgeon.jobs.terminal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * Results as JSON, with the names that reports use: {@code factor_bytes}, not {@code factorBytes}.
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private Json() {}

  /**
   * One JSON object.
   *
   * @param result a record
   */
  public static String text(Object result) {
    try {
      return MAPPER.writeValueAsString(result);
    } catch (JsonProcessingException notARecord) {
      throw new IllegalArgumentException(notARecord);
    }
  }
}
