package org.llmsurgeon.generation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;

/** Which tokens end a text, as {@code generation_config.json} and {@code config.json} say. */
public final class EndTokens {
  private EndTokens() {}

  /**
   * The tokens of {@code eos_token_id}.
   *
   * @param config content of {@code config.json}
   */
  public static Set<Integer> of(JsonNode config) {
    Set<Integer> ends = new TreeSet<>();
    JsonNode field = config.path("eos_token_id");
    if (field.isArray()) {
      field.forEach(each -> ends.add(each.asInt()));
    } else if (field.isInt()) {
      ends.add(field.asInt());
    }
    return ends;
  }
}
