package org.llmsurgeon.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.llmsurgeon.model.TinyModels;

/**
 * Decoders that are Llama but for their norms, biases, positions or fused layers, as tiny models.
 */
final class TinyDecoders {
  private TinyDecoders() {}

  /** Each {@code config.json} by its class in the transformers library, without its ending. */
  static Map<String, ObjectNode> all() {
    Map<String, ObjectNode> all = new LinkedHashMap<>();
    add(all, "Mistral", "mistral", "{\"sliding_window\": 5}");
    add(all, "Qwen2", "qwen2", "{}");
    add(all, "Qwen3", "qwen3", "{}");
    add(all, "Phi3", "phi3", "{\"original_max_position_embeddings\": 32}");
    add(all, "Gemma", "gemma", "{\"hidden_act\": \"gelu_pytorch_tanh\"}");
    String second = "{\"query_pre_attn_scalar\": 4, \"sliding_window\": 5}";
    add(all, "Gemma2", "gemma2", second);
    add(all, "Gemma3", "gemma3_text", second);
    add(
        all,
        "Granite",
        "granite",
        """
        {"embedding_multiplier": 2.0, "attention_multiplier": 0.4, "residual_multiplier": 0.7,
         "logits_scaling": 2.0}
        """);
    add(all, "Olmo2", "olmo2", "{}");
    add(all, "SmolLM3", "smollm3", "{\"no_rope_layers\": [1, 0]}");
    add(
        all,
        "StableLm",
        "stablelm",
        """
        {"hidden_size": 16, "partial_rotary_factor": 0.5, "use_qkv_bias": true,
         "layer_norm_eps": 1e-5}
        """);
    return all;
  }

  /** The same of mixtures of experts. */
  static Map<String, ObjectNode> mixtures() {
    Map<String, ObjectNode> all = new LinkedHashMap<>();
    add(
        all,
        "Mixtral",
        "mixtral",
        "{\"num_local_experts\": 3, \"num_experts_per_tok\": 2, \"intermediate_size\": 16}");
    add(
        all,
        "Olmoe",
        "olmoe",
        "{\"hidden_size\": 16, \"num_experts\": 3, \"num_experts_per_tok\": 2,"
            + " \"intermediate_size\": 16}");
    add(
        all,
        "Qwen2Moe",
        "qwen2_moe",
        """
        {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
         "shared_expert_intermediate_size": 12, "decoder_sparse_step": 2}
        """);
    add(
        all,
        "Qwen3Moe",
        "qwen3_moe",
        """
        {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
         "norm_topk_prob": true}
        """);
    return all;
  }

  private static void add(Map<String, ObjectNode> all, String base, String type, String fields) {
    ObjectNode json = TinyModels.llamaJson();
    json.putArray("architectures").add(base + "ForCausalLM");
    json.put("model_type", type).put("pad_token_id", 0);
    try {
      json.setAll((ObjectNode) new ObjectMapper().readTree(fields));
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
    all.put(base, json);
  }
}
