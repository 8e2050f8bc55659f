package org.llmsurgeon.model.layer;

import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Sends each token to a few experts: those of the highest probabilities {@code softmax(W x)}, which
 * are also their weights, made to sum to 1 or not (Shazeer et al. 2017, Fedus et al. 2022). Which
 * ones they are has no gradient; how much they weigh has. The scores come to the host in each pass:
 * how many rows an expert reads, and so the shapes that the device is told, follow from them.
 *
 * @param scores {@code hidden -> experts}, which no tap sees
 * @param perToken how many experts a token goes to
 * @param normalised whether its weights are made to sum to 1
 */
public record Router(Linear scores, int perToken, boolean normalised) {
  /**
   * Scores the tokens of a pass.
   *
   * @param gone for each expert whether no token is sent to it
   */
  Routing route(Pass pass, Tensor in, boolean[] gone) {
    int experts = scores.weight().rows();
    try (Workspace work = pass.workspace()) {
      Tensor logits = work.empty(pass.tokens(), experts);
      scores.forward(pass, in, logits);
      pass.requireFinite(logits, "the output of " + scores.weight().name());
      pass.settle();
      return new Routing(gone, perToken, normalised, pass.device().values(logits));
    }
  }

  /**
   * The way back of the weights.
   *
   * @param in what was read; may be null where {@link Pass#needsInputs()} says so
   * @param routing what came of it
   * @param dWeights gradient of each token's weight for each expert that it went to, in the order
   *     of {@link Routing#tokens}
   * @param dIn added to; null where nobody needs it
   */
  void backward(Pass pass, Tensor in, Routing routing, double[][] dWeights, Tensor dIn) {
    try (Workspace work = pass.workspace()) {
      Tensor dLogits = work.empty(pass.tokens(), scores.weight().rows());
      double[] values = routing.scoreGradients(dWeights);
      pass.device().upload(values, 0, dLogits, 0, values.length);
      scores.backward(pass, in, dLogits, dIn, 1);
    }
  }
}
