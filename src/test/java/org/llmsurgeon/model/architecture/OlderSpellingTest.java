package org.llmsurgeon.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.config.ModelConfig;

@DisplayName("A configuration that transformers 4 wrote")
class OlderSpellingTest {
  private static final String SHARE = "partial_rotary_factor";
  private static final String ORIGINAL = "original_max_position_embeddings";

  /** References whose positions version 5 spells in its own way. */
  static List<String> models() throws IOException {
    List<String> rotary = new ArrayList<>();
    for (String name : ReferenceModel.names()) {
      if (newer(name).has("rope_parameters")) {
        rotary.add(name);
      }
    }
    return rotary;
  }

  @ParameterizedTest
  @MethodSource("models")
  void isReadAsWhatVersion5WritesOfTheSameNetwork(String name) throws IOException {
    ModelConfig expected = Architectures.parse(newer(name), "config.json");
    for (String type : List.of("type", "rope_type")) {
      ObjectNode older = older(newer(name), type);
      assertThat(Architectures.parse(older, "config.json")).as("%s", older).isEqualTo(expected);
    }
  }

  private static ObjectNode newer(String name) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(name)) {
      return reference.json().deepCopy();
    }
  }

  private static ObjectNode older(ObjectNode config, String typeName) {
    String model = config.get("model_type").asText();
    move(config, "dtype", config, "torch_dtype");
    ObjectNode rope = (ObjectNode) config.remove("rope_parameters");
    if (model.equals("gemma3_text")) {
      config.set("rope_local_base_freq", rope.get("sliding_attention").get("rope_theta"));
      rope = (ObjectNode) rope.get("full_attention");
      config.remove("_sliding_window_pattern");
      config.put("sliding_window_pattern", 2);
    }
    boolean neox = model.equals("gpt_neox");
    move(rope, "rope_theta", config, neox ? "rotary_emb_base" : "rope_theta");
    move(rope, SHARE, config, neox ? "rotary_pct" : SHARE);
    if (config.has(ORIGINAL)) {
      rope.remove(ORIGINAL);
    }
    move(rope, "rope_type", rope, typeName);
    boolean plain = rope.get(typeName).asText().equals("default");
    config.set("rope_scaling", plain ? config.nullNode() : rope);
    // What blocks see followed from a rule, as it still does where no list says it.
    config.remove("layer_types");
    if (model.equals("qwen3_moe")) {
      move(config, "num_local_experts", config, "num_experts");
    }
    return config;
  }

  private static void move(ObjectNode from, String name, ObjectNode to, String other) {
    JsonNode value = from.remove(name);
    if (value != null) {
      to.set(other, value);
    }
  }
}
