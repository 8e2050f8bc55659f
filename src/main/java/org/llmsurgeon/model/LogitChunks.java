package org.llmsurgeon.model;

import java.util.Arrays;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;

/**
 * Goes through the logits of a batch chunk by chunk, each from its product with the head's weight
 * to its gradients, in one and the same memory.
 */
final class LogitChunks {
  private final Pass pass;
  private final Tensor weight;
  private final Tensor features;
  private final int[] targets;
  private final int step;

  /**
   * @param pass the batch
   * @param weight {@code [vocabulary, width]}
   * @param features {@code [tokens, width]}
   * @param logitBytes bytes of logits at one time, at most, though at least one token's
   */
  LogitChunks(Pass pass, Tensor weight, Tensor features, long logitBytes) {
    this.pass = pass;
    this.weight = weight;
    this.features = features;
    this.targets = pass.batch().targets();
    long rowBytes = (long) weight.rows() * pass.precision().bytes();
    this.step = (int) Math.max(1, Math.min(features.rows(), logitBytes / rowBytes));
  }

  /** Cross-entropy of each token, in nats; 0 for a token without a target. */
  double[] losses() {
    return run((logits, from, to) -> {});
  }

  /**
   * Checks all logits.
   *
   * @throws NonFiniteException where one is NaN or infinite
   */
  void requireFinite() {
    run((logits, from, to) -> pass.requireFinite(logits, from, "the output of the head"));
  }

  /**
   * Cross-entropy of each token, and gradients of their weighted sum.
   *
   * @param lossWeights what each token counts
   * @param dFeatures {@code [tokens, width]}, written
   * @param dWeight {@code [vocabulary, width]}, added to; null where it is not wanted
   */
  double[] lossesAndGradients(double[] lossWeights, Tensor dFeatures, Tensor dWeight) {
    return run(
        (logits, from, to) -> {
          pass.device()
              .crossEntropyBackward(
                  logits,
                  Arrays.copyOfRange(targets, from, to),
                  Arrays.copyOfRange(lossWeights, from, to));
          pass.device().multiply(1, logits, weight, 0, dFeatures.rowRange(from, to));
          if (dWeight != null) {
            pass.device().multiply(1, logits.transposed(), features.rowRange(from, to), 1, dWeight);
          }
        });
  }

  private double[] run(Next next) {
    double[] losses = new double[features.rows()];
    try (Workspace work = pass.workspace()) {
      Tensor space = work.empty(step, weight.rows());
      for (int from = 0; from < losses.length; from += step) {
        int to = Math.min(from + step, losses.length);
        Tensor logits = space.rowRange(0, to - from);
        pass.device().multiply(1, features.rowRange(from, to), weight.transposed(), 0, logits);
        double[] chunk = new double[to - from];
        pass.device().crossEntropy(logits, Arrays.copyOfRange(targets, from, to), chunk);
        System.arraycopy(chunk, 0, losses, from, chunk.length);
        next.accept(logits, from, to);
      }
    }
    return losses;
  }

  /** What follows the losses of a chunk; may overwrite its logits. */
  @FunctionalInterface
  private interface Next {
    void accept(Tensor logits, int from, int to);
  }
}
