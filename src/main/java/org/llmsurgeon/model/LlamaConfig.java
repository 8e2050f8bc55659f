package org.llmsurgeon.model;

import java.util.List;
import org.llmsurgeon.compute.Activation;

/**
 * Configuration of a Llama network: RMS norms before each sublayer, rotary positions, grouped-query
 * attention, gated feed-forward.
 *
 * @param architecture as {@code config.json} names it
 * @param size sizes of the model
 * @param blocks sizes of each block
 * @param activation non-linearity of the gate
 * @param normEpsilon added to the mean square in the norms
 * @param rotary the positions
 * @param attentionBias whether query, key, value and output layers have biases
 * @param feedForwardBias whether gate, up and down layers have biases
 * @param tiedHead whether the head's weight is the embedding's
 */
public record LlamaConfig(
    String architecture,
    ModelSize size,
    List<BlockSize> blocks,
    Activation activation,
    double normEpsilon,
    RotaryPositions rotary,
    boolean attentionBias,
    boolean feedForwardBias,
    boolean tiedHead)
    implements ModelConfig {
  static final String ARCHITECTURE = "LlamaForCausalLM";

  /** A Llama whose blocks differ, in the spelling of the Nemotron-NAS models. */
  static final String NEMOTRON = "DeciLMForCausalLM";

  private static final BlockFields.Names SIZES =
      new BlockFields.Names("num_attention_heads", "num_key_value_heads", "intermediate_size");

  /** Checks the number of blocks. */
  public LlamaConfig {
    blocks = List.copyOf(blocks);
    size.requireBlocks(blocks);
  }

  static LlamaConfig read(ConfigFields fields) {
    ModelSize size = readSize(fields);
    return read(fields, ARCHITECTURE, size, BlockFields.read(fields, size, SIZES));
  }

  static LlamaConfig readNemotron(ConfigFields fields) {
    ModelSize size = readSize(fields);
    List<BlockSize> blocks = BlockFields.ofNemotron(fields, size.hidden(), size.heads());
    int count = fields.size("num_hidden_layers", blocks.size());
    if (count != blocks.size()) {
      throw fields.contradiction(
          "\"num_hidden_layers\" is %d, but \"block_configs\" describes %d blocks"
              .formatted(count, blocks.size()));
    }
    return read(fields, NEMOTRON, size.of(blocks), blocks);
  }

  private static LlamaConfig read(
      ConfigFields fields, String architecture, ModelSize size, List<BlockSize> blocks) {
    return new LlamaConfig(
        architecture,
        size,
        blocks,
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
  public LlamaConfig withBlocks(List<BlockSize> other) {
    return new LlamaConfig(
        architecture,
        size,
        other,
        activation,
        normEpsilon,
        rotary,
        attentionBias,
        feedForwardBias,
        tiedHead);
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
    BlockSize sizes = blocks.get(block);
    int queries = sizes.queryHeads() * size.headDimension();
    int keys = sizes.keyValueHeads() * size.headDimension();
    int neurons = sizes.width();
    List<LinearShape> attention =
        List.of(
            new LinearShape(query, block, LinearRole.QUERY, queries, hidden, attentionBias, query),
            new LinearShape(key, block, LinearRole.KEY, keys, hidden, attentionBias, query),
            new LinearShape(value, block, LinearRole.VALUE, keys, hidden, attentionBias, query),
            new LinearShape(
                output, block, LinearRole.OUTPUT, hidden, queries, attentionBias, output));
    List<LinearShape> feedForward =
        List.of(
            new LinearShape(gate, block, LinearRole.GATE, neurons, hidden, feedForwardBias, gate),
            new LinearShape(up, block, LinearRole.UP, neurons, hidden, feedForwardBias, gate),
            new LinearShape(down, block, LinearRole.DOWN, hidden, neurons, feedForwardBias, down));
    return sizes.present(attention, feedForward);
  }
}
