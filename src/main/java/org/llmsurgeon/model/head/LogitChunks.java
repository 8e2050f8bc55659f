package org.llmsurgeon.model.head;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Goes through the logits of a batch chunk by chunk, each from its product with the head's weight
 * to its gradients, in one and the same memory.
 */
final class LogitChunks {
  private final Pass pass;
  private final Reference own;
  private final Tensor weight;
  private final Tensor features;
  private final int[] targets;
  private final int step;
  private final double cap;

  /**
   * Where gradients go.
   *
   * @param features {@code [tokens, width]}, written
   * @param weight {@code [outputs, width]}, added to; null where it is not wanted
   * @param bias {@code [1, outputs]}, added to; null where it is not wanted
   */
  record Into(Tensor features, Tensor weight, Tensor bias) {}

  /**
   * @param pass the batch
   * @param own what the head makes logits of
   * @param logitBytes bytes of logits at one time, at most, though at least one token's
   */
  LogitChunks(Pass pass, Reference own, long logitBytes) {
    this.pass = pass;
    this.own = own;
    this.weight = own.weight();
    this.features = own.features();
    this.targets = pass.batch().targets();
    this.cap = own.cap();
    int copies = (pass.reference() == null ? 1 : 3) + (cap > 0 ? 1 : 0);
    long rowBytes = copies * (long) weight.rows() * pass.precision().bytes();
    this.step = (int) Math.max(1, Math.min(features.rows(), logitBytes / rowBytes));
  }

  /**
   * Cross-entropy of each token, or where the pass has a reference the divergence from that, in
   * nats; 0 for a token without a target.
   */
  double[] losses() {
    return run(
        (logits, from, to) -> {
          double[] losses = new double[to - from];
          if (pass.reference() != null) {
            Arrays.fill(losses, 1);
            return divergences(logits, from, losses);
          }
          pass.device().crossEntropy(logits, targets(from, to), losses);
          return losses;
        });
  }

  /**
   * Checks all logits.
   *
   * @throws NonFiniteException where one is NaN or infinite
   */
  void requireFinite() {
    run(
        (logits, from, to) -> {
          pass.requireFinite(logits, from, "the output of the head");
          return new double[to - from];
        });
  }

  /**
   * Targets of each token in several draws.
   *
   * @param draws the draws
   * @return {@code [draws, tokens]}; -1 where none counts
   */
  int[][] targets(List<BatchTargets> draws) {
    int[][] all = new int[draws.size()][features.rows()];
    run(
        (logits, from, to) -> {
          for (int draw = 0; draw < all.length; draw++) {
            System.arraycopy(draws.get(draw).of(logits, from, to), 0, all[draw], from, to - from);
          }
          return new double[to - from];
        });
    return all;
  }

  /**
   * Loss of each token, and a gradient. The loss is the cross-entropy of the next token, and the
   * gradient that of the weighted sum of the cross-entropies of the goals; where the pass has a
   * reference, both are of the divergence from that.
   *
   * @param goals what each token should predict, and what it counts, above 0
   * @param into takes the gradients
   * @return nats; 0 for a token without a target
   */
  double[] lossesAndGradients(WayOut.Goals goals, Into into) {
    return run(
        (logits, from, to) -> {
          double[] weights = Arrays.copyOfRange(goals.weights(), from, to);
          double[] losses =
              pass.reference() == null
                  ? crossEntropies(logits, from, goals.targets(), weights)
                  : divergences(logits, from, weights);
          if (cap > 0) {
            uncap(logits, from);
          }
          pass.device().multiply(1, logits, weight, 0, into.features().rowRange(from, to));
          if (into.weight() != null) {
            Tensor seen = features.rowRange(from, to);
            pass.device().multiply(1, logits.transposed(), seen, 1, into.weight());
          }
          if (into.bias() != null) {
            pass.device().addColumnSums(logits, into.bias());
          }
          return losses;
        });
  }

  private double[] crossEntropies(Tensor logits, int from, BatchTargets goals, double[] weights) {
    int to = from + weights.length;
    double[] losses = new double[weights.length];
    int[] towards = goals.of(logits, from, to);
    pass.device().crossEntropyAndBackward(logits, targets(from, to), losses, towards, weights);
    return losses;
  }

  /**
   * Kullback-Leibler divergence of the logits {@code z} (softmax {@code p}) from those {@code z'}
   * of the reference (softmax {@code q}), and its gradient {@code weight (p - q)} in the place of
   * the logits. With the target {@code y}, whichever it is, and the cross-entropies of it:
   *
   * <pre>
   * KL(q | p) = (CE - CE') + sum_j (q_j - [j = y]) (z'_j - z_j)
   * p - q     = (p - [. = y]) - (q - [. = y])
   * </pre>
   *
   * so that both are exactly 0 where the logits are equal.
   */
  private double[] divergences(Tensor logits, int from, double[] weights) {
    int rows = weights.length;
    int[] next = targets(from, from + rows);
    double[] losses = new double[rows];
    double[] dense = new double[rows];
    try (Workspace work = pass.workspace()) {
      Tensor reference = work.empty(rows, weight.rows());
      Tensor difference = work.empty(rows, weight.rows());
      logits(pass.reference(), from, reference);
      pass.device().copy(reference, difference);
      pass.device().add(-1, logits, difference);
      pass.device().crossEntropy(logits, next, losses);
      pass.device().crossEntropy(reference, next, dense);
      pass.device().crossEntropyBackward(logits, next, weights);
      pass.device().crossEntropyBackward(reference, next, weights);
      double[] dots = pass.device().rowDots(reference, difference);
      pass.device().add(-1, reference, logits);
      Arrays.setAll(losses, t -> losses[t] - dense[t] + dots[t] / weights[t]);
    }
    return losses;
  }

  /** What a model says about some tokens, the first of which is {@code from}. */
  private void logits(Reference model, int from, Tensor into) {
    Tensor seen = model.features().rowRange(from, from + into.rows());
    pass.device().multiply(1, seen, model.weight().transposed(), 0, into);
    if (model.bias() != null) {
      pass.device().addBias(model.bias(), into);
    }
    if (model.cap() > 0) {
      cap(pass, model.cap(), into);
    }
  }

  /** {@code z <- cap tanh(z / cap)}. */
  static void cap(Pass pass, double cap, Tensor logits) {
    pass.device().scale(1 / cap, logits);
    pass.device().activate(Activation.TANH, logits, logits);
    pass.device().scale(cap, logits);
  }

  /** From gradients of capped logits to those of the logits themselves, computed once more. */
  private void uncap(Tensor gradients, int from) {
    try (Workspace work = pass.workspace()) {
      Tensor plain = work.empty(gradients.rows(), gradients.columns());
      Tensor seen = features.rowRange(from, from + gradients.rows());
      pass.device().multiply(1, seen, weight.transposed(), 0, plain);
      if (own.bias() != null) {
        pass.device().addBias(own.bias(), plain);
      }
      pass.device().scale(1 / cap, plain);
      pass.device().activateBackward(Activation.TANH, plain, gradients, gradients);
    }
  }

  private int[] targets(int from, int to) {
    return Arrays.copyOfRange(targets, from, to);
  }

  private double[] run(Chunk chunk) {
    double[] losses = new double[features.rows()];
    try (Workspace work = pass.workspace()) {
      Tensor space = work.empty(step, weight.rows());
      for (int from = 0; from < losses.length; from += step) {
        int to = Math.min(from + step, losses.length);
        Tensor logits = space.rowRange(0, to - from);
        logits(own, from, logits);
        System.arraycopy(chunk.losses(logits, from, to), 0, losses, from, to - from);
      }
    }
    return losses;
  }

  /** What is done with the logits of some tokens, which it may overwrite. */
  @FunctionalInterface
  private interface Chunk {
    double[] losses(Tensor logits, int from, int to);
  }
}
