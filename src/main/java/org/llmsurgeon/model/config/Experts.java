package org.llmsurgeon.model.config;

import java.util.Map;

/**
 * The mixtures of experts of a network: feed-forwards of which each token goes through a few, as a
 * router says. Which blocks have one, and how many experts of what width, is in their {@link
 * BlockSize}; a feed-forward that all tokens go through beside the experts is the block's own.
 *
 * @param perToken how many experts a token goes through
 * @param normalised whether the weights of a token's experts are made to sum to 1
 * @param emptyGone whether an expert whose weights are all 0 is gone with its row of the router, so
 *     that no token is sent to it; else it takes its tokens and says nothing
 * @param names of their modules in a block
 */
public record Experts(int perToken, boolean normalised, boolean emptyGone, Names names) {
  /** Field of this program's own folders with zeros that says {@code emptyGone}. */
  public static final String EMPTY_GONE = "experts_of_zeros_are_gone";

  /** The same where experts of zeros are gone. */
  public Experts withoutEmpty() {
    return new Experts(perToken, normalised, true, names);
  }

  /**
   * Modules in a block that has experts.
   *
   * @param router scores the experts
   * @param experts module of expert {@code e} is this followed by {@code e}
   * @param linears modules in an expert
   * @param shared what the names of the layers that all tokens go through begin with; null where
   *     there are none
   * @param sharedGate what scales that feed-forward, token by token; null where nothing does
   * @param merged modules of a checkpoint that holds the layers of all experts in two tensors
   */
  public record Names(
      String router,
      String experts,
      Map<LinearRole, String> linears,
      String shared,
      String sharedGate,
      Merged merged) {
    /** Module of an expert's layer in its block. */
    String linear(int expert, LinearRole role) {
      return experts + expert + "." + linears.get(role);
    }

    /** Module of a layer that all tokens go through. */
    String shared(LinearRole role) {
      return shared + linears.get(role);
    }
  }

  /**
   * Tensors of a checkpoint that holds the layers of all experts in two, as transformers 5 does in
   * memory: {@code [experts, 2 width, hidden]}, gates before ups, and {@code [experts, hidden,
   * width]}.
   *
   * @param raise gate and up layers
   * @param down down layers
   * @param router the router's module beside them
   */
  public record Merged(String raise, String down, String router) {}
}
