package org.llmsurgeon.model;

import java.util.List;
import org.llmsurgeon.compute.Activation;

/**
 * Configuration of an OPT network: layer norms before or after each sublayer, learned positions,
 * plain feed-forward.
 *
 * @param size all sizes; key and value heads are as many as query heads
 * @param blocks sizes of each block
 * @param embeddingWidth width of the embeddings; where it is not {@code size.hidden()}, matrices
 *     without bias lead in and out
 * @param activation non-linearity of the feed-forward
 * @param normBefore whether norms come before each sublayer, or after the sum
 * @param finalNorm whether there is a norm before the head
 * @param biases whether the linear layers have biases
 * @param normWeights whether the norms have weights
 * @param tiedHead whether the head's weight is the embedding's
 */
public record OptConfig(
    ModelSize size,
    List<BlockSize> blocks,
    int embeddingWidth,
    Activation activation,
    boolean normBefore,
    boolean finalNorm,
    boolean biases,
    boolean normWeights,
    boolean tiedHead)
    implements ModelConfig {
  static final String ARCHITECTURE = "OPTForCausalLM";

  /** The table of positions starts with two rows that are never used. */
  static final int POSITION_OFFSET = 2;

  private static final BlockFields.Names SIZES =
      new BlockFields.Names("num_attention_heads", null, "ffn_dim");

  /** Checks the number of blocks. */
  public OptConfig {
    blocks = List.copyOf(blocks);
    size.requireBlocks(blocks);
  }

  static OptConfig read(ConfigFields fields) {
    ModelSize size = readSize(fields);
    boolean normBefore = fields.flag("do_layer_norm_before", true);
    return new OptConfig(
        size,
        BlockFields.read(fields, size, SIZES),
        fields.size("word_embed_proj_dim", size.hidden()),
        fields.activation("activation_function", "relu"),
        normBefore,
        normBefore && !fields.flag("_remove_final_layer_norm", false),
        fields.flag("enable_bias", true),
        fields.flag("layer_norm_elementwise_affine", true),
        fields.flag("tie_word_embeddings", true));
  }

  private static ModelSize readSize(ConfigFields fields) {
    int hidden = fields.size("hidden_size", 768);
    int heads = fields.size("num_attention_heads", 12);
    if (hidden % heads != 0) {
      throw fields.contradiction(
          "\"hidden_size\" (%d) must be a multiple of \"num_attention_heads\" (%d)"
              .formatted(hidden, heads));
    }
    return new ModelSize(
        fields.size("vocab_size", 50272),
        hidden,
        fields.size("num_hidden_layers", 12),
        heads,
        heads,
        hidden / heads,
        fields.size("ffn_dim", 3072),
        fields.size("max_position_embeddings", 2048));
  }

  @Override
  public String architecture() {
    return ARCHITECTURE;
  }

  @Override
  public OptConfig withBlocks(List<BlockSize> other) {
    return new OptConfig(
        size,
        other,
        embeddingWidth,
        activation,
        normBefore,
        finalNorm,
        biases,
        normWeights,
        tiedHead);
  }

  @Override
  public String embeddingName() {
    return "model.decoder.embed_tokens.weight";
  }

  @Override
  public String blockName(int block) {
    return "model.decoder.layers." + block;
  }

  @Override
  public List<LinearShape> linears(int block) {
    String query = blockName(block) + ".self_attn.q_proj";
    String key = blockName(block) + ".self_attn.k_proj";
    String value = blockName(block) + ".self_attn.v_proj";
    String output = blockName(block) + ".self_attn.out_proj";
    String up = blockName(block) + ".fc1";
    String down = blockName(block) + ".fc2";
    int hidden = size.hidden();
    BlockSize sizes = blocks.get(block);
    int heads = sizes.queryHeads() * size.headDimension();
    int neurons = sizes.width();
    List<LinearShape> attention =
        List.of(
            new LinearShape(query, block, LinearRole.QUERY, heads, hidden, biases, query),
            new LinearShape(key, block, LinearRole.KEY, heads, hidden, biases, query),
            new LinearShape(value, block, LinearRole.VALUE, heads, hidden, biases, query),
            new LinearShape(output, block, LinearRole.OUTPUT, hidden, heads, biases, output));
    List<LinearShape> feedForward =
        List.of(
            new LinearShape(up, block, LinearRole.UP, neurons, hidden, biases, up),
            new LinearShape(down, block, LinearRole.DOWN, hidden, neurons, biases, down));
    return sizes.present(attention, feedForward);
  }
}
