package org.llmsurgeon.model.config;

import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.Norm;

/**
 * How a network's residual stream begins, runs and ends, and its feed-forwards and norms.
 *
 * @param embeddingWidth width of the embeddings; where it is not that of the stream, matrices
 *     without bias lead in and out
 * @param positionOffset rows of the table of learned positions that are never used
 * @param scales constant factors
 * @param parallel whether attention and feed-forward of a block read the same stream
 * @param tiedHead whether the head's weight is the embedding's
 * @param feedForward what all feed-forwards have in common
 * @param norms what all norms have in common
 */
public record StreamStyle(
    int embeddingWidth,
    int positionOffset,
    Scales scales,
    boolean parallel,
    boolean tiedHead,
    FeedForward feedForward,
    Norms norms) {
  /**
   * Constant factors of a network.
   *
   * @param embedding on the token embeddings
   * @param branch on what attentions and feed-forwards add
   * @param logit on the logits
   * @param logitCap logits go through {@code cap tanh(logit / cap)}; 0 where they do not
   */
  public record Scales(double embedding, double branch, double logit, double logitCap) {}

  /**
   * What all feed-forwards of a network have in common.
   *
   * @param activation non-linearity
   * @param bias whether their layers have biases
   */
  public record FeedForward(Activation activation, boolean bias) {}

  /**
   * What all norms of a network have in common.
   *
   * @param kind which one
   * @param weights whether they have gains
   * @param bias whether they have biases
   * @param aroundOne whether the stored gain is what is added to 1
   * @param epsilon added under the root
   */
  public record Norms(
      Norm.Kind kind, boolean weights, boolean bias, boolean aroundOne, double epsilon) {}

  StreamStyle tied(boolean tied) {
    return new StreamStyle(
        embeddingWidth, positionOffset, scales, parallel, tied, feedForward, norms);
  }
}
