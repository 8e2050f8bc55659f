package org.llmsurgeon.jobs.option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.surgery.setting.Setting;

/**
 * What may stand in a recipe file, as a JSON schema (draft 2020-12, <a
 * href="https://json-schema.org/draft/2020-12/schema">json-schema.org</a>) that editors and
 * checkers understand; made from the descriptions of the options.
 */
public final class RecipeSchema {
  private RecipeSchema() {}

  /** The schema, as JSON would have it. */
  public static Map<String, Object> schema() {
    Map<String, Object> properties = new LinkedHashMap<>();
    RunSettings.ALL.forEach(setting -> properties.put(setting.name(), property(setting)));
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Recipe of LLM Surgeon on Spark");
    schema.put("description", "Settings of 'surgeon prune', a key for each; none must be there.");
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("additionalProperties", false);
    return schema;
  }

  /** A key without a value says nothing, and is allowed for what is left to the program. */
  private static Map<String, Object> property(Setting<?> setting) {
    Map<String, Object> property = new LinkedHashMap<>();
    property.put("description", setting.description());
    List<Object> choices = new ArrayList<>();
    Map<String, Object> value = setting.type().schema();
    List<?> several = value.get("anyOf") instanceof List<?> all ? all : List.of(value);
    several.forEach(each -> choices.add(sorted(each)));
    choices.add(Map.of("type", "null"));
    property.put("anyOf", choices);
    return property;
  }

  /** The same in an order that does not change from run to run. */
  private static Object sorted(Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      return value;
    }
    Map<String, Object> sorted = new TreeMap<>();
    map.forEach((key, each) -> sorted.put((String) key, sorted(each)));
    return sorted;
  }
}
