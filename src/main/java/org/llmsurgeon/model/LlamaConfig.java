package org.llmsurgeon.model;

import java.util.List;
import org.llmsurgeon.compute.Activation;

/**
 * Configuration of a Llama network: RMS norms before each sublayer, rotary positions, grouped-query
 * attention, gated feed-forward.
 *
 * @param size all sizes
 * @param activation non-linearity of the gate
 * @param normEpsilon added to the mean square in the norms
 * @param rotary the positions
 * @param attentionBias whether query, key, value and output layers have biases
 * @param feedForwardBias whether gate, up and down layers have biases
 * @param tiedHead whether the head's weight is the embedding's
 */
public record LlamaConfig(
    ModelSize size,
    Activation activation,
    double normEpsilon,
    RotaryPositions rotary,
    boolean attentionBias,
    boolean feedForwardBias,
    boolean tiedHead)
    implements ModelConfig {
  static final String ARCHITECTURE = "LlamaForCausalLM";

  static LlamaConfig read(ConfigFields fields) {
    ModelSize size = readSize(fields);
    return new LlamaConfig(
        size,
        fields.activation("hidden_act", "silu"),
        fields.positive("rms_norm_eps", 1e-6),
        RotaryFields.read(fields, size.maxPositions()),
        fields.flag("attention_bias", false),
        fields.flag("mlp_bias", false),
        fields.flag("tie_word_embeddings", false));
  }

  private static ModelSize readSize(ConfigFields fields) {
    int hidden = fields.size("hidden_size", 4096);
    int heads = fields.size("num_attention_heads", 32);
    int keyValueHeads = fields.size("num_key_value_heads", heads);
    if (heads % keyValueHeads != 0) {
      throw fields.contradiction(
          "\"num_attention_heads\" (%d) must be a multiple of \"num_key_value_heads\" (%d)"
              .formatted(heads, keyValueHeads));
    }
    if (!fields.has("head_dim") && hidden % heads != 0) {
      throw fields.contradiction(
          ("\"hidden_size\" (%d) must be a multiple of \"num_attention_heads\" (%d) where there"
                  + " is no \"head_dim\"")
              .formatted(hidden, heads));
    }
    int headDimension = fields.size("head_dim", hidden / heads);
    if (headDimension % 2 != 0) {
      throw fields.contradiction(
          "heads have %d dimensions, but rotary positions need an even number"
              .formatted(headDimension));
    }
    return new ModelSize(
        fields.size("vocab_size", 32000),
        hidden,
        fields.size("num_hidden_layers", 32),
        heads,
        keyValueHeads,
        headDimension,
        fields.size("intermediate_size", 11008),
        fields.size("max_position_embeddings", 2048));
  }

  @Override
  public String architecture() {
    return ARCHITECTURE;
  }

  @Override
  public String embeddingName() {
    return "model.embed_tokens.weight";
  }

  @Override
  public String blockName(int block) {
    return "model.layers." + block;
  }

  @Override
  public List<LinearShape> linears(int block) {
    String query = blockName(block) + ".self_attn.q_proj";
    String key = blockName(block) + ".self_attn.k_proj";
    String value = blockName(block) + ".self_attn.v_proj";
    String output = blockName(block) + ".self_attn.o_proj";
    String gate = blockName(block) + ".mlp.gate_proj";
    String up = blockName(block) + ".mlp.up_proj";
    String down = blockName(block) + ".mlp.down_proj";
    int hidden = size.hidden();
    int queries = size.queryWidth();
    int keys = size.keyValueWidth();
    int neurons = size.feedForward();
    return List.of(
        new LinearShape(query, block, LinearRole.QUERY, queries, hidden, attentionBias, query),
        new LinearShape(key, block, LinearRole.KEY, keys, hidden, attentionBias, query),
        new LinearShape(value, block, LinearRole.VALUE, keys, hidden, attentionBias, query),
        new LinearShape(output, block, LinearRole.OUTPUT, hidden, queries, attentionBias, output),
        new LinearShape(gate, block, LinearRole.GATE, neurons, hidden, feedForwardBias, gate),
        new LinearShape(up, block, LinearRole.UP, neurons, hidden, feedForwardBias, gate),
        new LinearShape(down, block, LinearRole.DOWN, hidden, neurons, feedForwardBias, down));
  }
}
