package org.llmsurgeon.model;

import java.util.ArrayList;
import java.util.List;

/** Which weight of a Llama checkpoint goes where. */
final class LlamaNetwork {
  private LlamaNetwork() {}

  static Network describe(LlamaConfig config) {
    Parameters parameters = new Parameters();
    int hidden = config.hidden();
    Parameter tokens = parameters.matrix(config.embeddingName(), config.vocabulary(), hidden);
    List<Block> blocks = new ArrayList<>();
    for (int block = 0; block < config.blockCount(); block++) {
      blocks.add(block(config, block, parameters));
    }
    NormLayer norm = parameters.rmsNorm("model.norm", hidden, config.normEpsilon());
    Parameter head =
        config.tiedHead()
            ? tokens
            : parameters.matrix("lm_head.weight", config.vocabulary(), hidden);
    return new Network(
        parameters,
        new Embedding(tokens, null, null, 0),
        blocks,
        new Head(norm, null, head),
        config.rotary().frequencies(config.headDimension()));
  }

  private static Block block(LlamaConfig config, int block, Parameters parameters) {
    String name = config.blockName(block);
    BlockSize size = config.blocks().get(block);
    return new Block(
        name,
        size.hasAttention() ? attention(config, block, parameters) : null,
        size.hasFeedForward() ? feedForward(config, block, parameters) : null);
  }

  private static ResidualBranch attention(LlamaConfig config, int block, Parameters parameters) {
    NormLayer norm = norm(config, config.blockName(block) + ".input_layernorm", parameters);
    return new ResidualBranch(norm, true, SelfAttention.of(config, block, parameters));
  }

  private static ResidualBranch feedForward(LlamaConfig config, int block, Parameters parameters) {
    NormLayer norm =
        norm(config, config.blockName(block) + ".post_attention_layernorm", parameters);
    GatedFeedForward feedForward =
        new GatedFeedForward(
            config.activation(),
            parameters.linear(config.linear(block, LinearRole.GATE)),
            parameters.linear(config.linear(block, LinearRole.UP)),
            parameters.linear(config.linear(block, LinearRole.DOWN)));
    return new ResidualBranch(norm, true, feedForward);
  }

  private static NormLayer norm(LlamaConfig config, String name, Parameters parameters) {
    return parameters.rmsNorm(name, config.hidden(), config.normEpsilon());
  }
}
