package org.llmsurgeon.model;

import java.util.ArrayList;
import java.util.List;

/** Which weight of an OPT checkpoint goes where. */
final class OptNetwork {
  private OptNetwork() {}

  static Network describe(OptConfig config) {
    Parameters parameters = new Parameters();
    int hidden = config.hidden();
    int width = config.embeddingWidth();
    boolean projected = width != hidden;
    Parameter tokens = parameters.matrix(config.embeddingName(), config.vocabulary(), width);
    Parameter positions =
        parameters.matrix(
            "model.decoder.embed_positions.weight",
            config.maxPositions() + OptConfig.POSITION_OFFSET,
            hidden);
    Linear projectionIn =
        projected ? projection(parameters, "model.decoder.project_in.weight", hidden, width) : null;
    List<Block> blocks = new ArrayList<>();
    for (int block = 0; block < config.blockCount(); block++) {
      blocks.add(block(config, block, parameters));
    }
    NormLayer norm =
        config.finalNorm() ? norm(config, "model.decoder.final_layer_norm", parameters) : null;
    Linear projectionOut =
        projected
            ? projection(parameters, "model.decoder.project_out.weight", width, hidden)
            : null;
    Parameter head =
        config.tiedHead()
            ? tokens
            : parameters.matrix("lm_head.weight", config.vocabulary(), width);
    return new Network(
        parameters,
        new Embedding(tokens, projectionIn, positions, OptConfig.POSITION_OFFSET),
        blocks,
        new Head(norm, projectionOut, head),
        null);
  }

  private static Block block(OptConfig config, int block, Parameters parameters) {
    String name = config.blockName(block);
    BlockSize size = config.blocks().get(block);
    // A norm after the sum stays where what it summed is absent.
    ResidualBranch attention = null;
    if (size.hasAttention() || !config.normBefore()) {
      Sublayer inner =
          size.hasAttention() ? SelfAttention.of(config, block, parameters) : Absent.PART;
      NormLayer norm = norm(config, name + ".self_attn_layer_norm", parameters);
      attention = new ResidualBranch(norm, config.normBefore(), inner);
    }
    ResidualBranch feedForward = null;
    if (size.hasFeedForward() || !config.normBefore()) {
      Sublayer inner = size.hasFeedForward() ? feedForward(config, block, parameters) : Absent.PART;
      NormLayer norm = norm(config, name + ".final_layer_norm", parameters);
      feedForward = new ResidualBranch(norm, config.normBefore(), inner);
    }
    return new Block(name, attention, feedForward);
  }

  private static FeedForward feedForward(OptConfig config, int block, Parameters parameters) {
    return new FeedForward(
        config.activation(),
        parameters.linear(config.linear(block, LinearRole.UP)),
        parameters.linear(config.linear(block, LinearRole.DOWN)));
  }

  private static NormLayer norm(OptConfig config, String name, Parameters parameters) {
    return parameters.layerNorm(name, config.hidden(), config.normWeights());
  }

  private static Linear projection(Parameters parameters, String name, int outputs, int inputs) {
    return new Linear(null, parameters.matrix(name, outputs, inputs), null);
  }
}
