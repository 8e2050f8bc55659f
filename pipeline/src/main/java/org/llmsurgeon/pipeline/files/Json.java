package org.llmsurgeon.pipeline.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * JSON of plans, manifests and reports: snake_case names, indented, in the order of the records; a
 * recipe as its options.
 */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .addModule(recipes())
          .build();

  private Json() {}

  private static SimpleModule recipes() {
    return new SimpleModule()
        .addSerializer(
            Recipe.class,
            new StdDelegatingSerializer(
                Recipe.class,
                new StdConverter<Recipe, Map<String, Object>>() {
                  @Override
                  public Map<String, Object> convert(Recipe recipe) {
                    return recipe.options();
                  }
                }))
        .addDeserializer(
            Recipe.class,
            new StdDelegatingDeserializer<>(
                new StdConverter<Map<String, Object>, Recipe>() {
                  @Override
                  public Recipe convert(Map<String, Object> options) {
                    return Recipe.of(options);
                  }
                }));
  }

  /**
   * A record as UTF-8 JSON with a line end.
   *
   * @param value a record of plain values
   */
  public static byte[] bytes(Object value) {
    try {
      byte[] json = MAPPER.writeValueAsBytes(value);
      byte[] line = java.util.Arrays.copyOf(json, json.length + 1);
      line[json.length] = '\n';
      return line;
    } catch (JsonProcessingException failure) {
      throw new IllegalStateException("not plain values: " + value.getClass(), failure);
    }
  }

  /**
   * Reads a record.
   *
   * @param json what {@link #bytes} wrote
   * @param type the record's class
   * @return the record; empty where the text is cut short or is something else
   */
  public static <T> Optional<T> read(byte[] json, Class<T> type) {
    try {
      return Optional.ofNullable(MAPPER.readValue(json, type));
    } catch (IOException broken) {
      return Optional.empty();
    }
  }
}
