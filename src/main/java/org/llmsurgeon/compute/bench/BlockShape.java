package org.llmsurgeon.compute.bench;

/**
 * Sizes of a block of a transformer with gated feed-forward layers, as those of Llama.
 *
 * @param width of the residual stream
 * @param inner width of the feed-forward layers
 * @param heads of the attention, each with its own keys and values
 * @param tokens of the one sequence
 */
public record BlockShape(int width, int inner, int heads, int tokens) {
  /** A block of Llama 2 7B, with one sequence of its full length. */
  public static final BlockShape LLAMA_7B = new BlockShape(4096, 11008, 32, 4096);

  /** A block that a processor computes in well under a second. */
  public static final BlockShape SMALL = new BlockShape(768, 2048, 12, 512);

  /** Floating-point operations of the seven products of weights, one way. */
  double productFlops() {
    double weights = 4.0 * width * width + 3.0 * width * inner;
    return 2 * tokens * weights;
  }

  /** Operations of causal attention, forward: half of two products of all tokens with all. */
  double attentionFlops() {
    return 2.0 * tokens * tokens * width;
  }

  /** Forward and backward with respect to activations; scores are computed again. */
  double passFlops() {
    return 2 * productFlops() + 3.5 * attentionFlops();
  }

  /** Sums of outer products of four inputs and seven gradients, one triangle of each. */
  double factorFlops() {
    return tokens * (8.0 * width * width + 3.0 * inner * inner);
  }
}
