package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The settings of a run as a recipe file that runs it again: what was said and what was not, with
 * the presets resolved. YAML whose values are written as in JSON, which is a part of it.
 */
public final class EffectiveRecipe {
  /** Name of the file. */
  public static final String FILE = "recipe.yaml";

  private EffectiveRecipe() {}

  /**
   * A line for each option that has a value.
   *
   * @param report content of {@code pruning_report.json}
   * @return UTF-8
   */
  public static byte[] of(JsonNode report) {
    StringBuilder yaml =
        new StringBuilder("# The settings of this result; --recipe with this file repeats it.\n");
    for (Map.Entry<String, JsonNode> option : report.path("recipe").properties()) {
      if (!option.getValue().isNull()) {
        yaml.append(option.getKey()).append(": ").append(option.getValue()).append('\n');
      }
    }
    return yaml.toString().getBytes(StandardCharsets.UTF_8);
  }
}
