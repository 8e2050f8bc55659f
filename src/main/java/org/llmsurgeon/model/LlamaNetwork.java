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
    for (int block = 0; block < config.blocks(); block++) {
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
    NormLayer inputNorm = norm(config, name + ".input_layernorm", parameters);
    SelfAttention attention =
        new SelfAttention(
            config.size(),
            parameters.linear(config.linear(block, LinearRole.QUERY)),
            parameters.linear(config.linear(block, LinearRole.KEY)),
            parameters.linear(config.linear(block, LinearRole.VALUE)),
            parameters.linear(config.linear(block, LinearRole.OUTPUT)));
    NormLayer attentionNorm = norm(config, name + ".post_attention_layernorm", parameters);
    GatedFeedForward feedForward =
        new GatedFeedForward(
            config.activation(),
            parameters.linear(config.linear(block, LinearRole.GATE)),
            parameters.linear(config.linear(block, LinearRole.UP)),
            parameters.linear(config.linear(block, LinearRole.DOWN)));
    return new Block(
        name,
        new ResidualBranch(inputNorm, true, attention),
        new ResidualBranch(attentionNorm, true, feedForward));
  }

  private static NormLayer norm(LlamaConfig config, String name, Parameters parameters) {
    return parameters.rmsNorm(name, config.hidden(), config.normEpsilon());
  }
}
