package org.llmsurgeon.model.head;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
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
   * Where losses and gradients go.
   *
   * @param losses {@code [tokens, 1]} of double precision, written
   * @param features {@code [tokens, width]}, written
   * @param weight {@code [outputs, width]}, added to; null where it is not wanted
   * @param bias {@code [1, outputs]}, added to; null where it is not wanted
   */
  record Into(Tensor losses, Tensor features, Tensor weight, Tensor bias) {}

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
   *
   * @param losses {@code [tokens, 1]} of double precision, written
   */
  void losses(Tensor losses) {
    run(
        (logits, from, to) -> {
          Tensor own = losses.rowRange(from, to);
          if (pass.reference() == null) {
            pass.device().crossEntropy(logits, targets(from, to), own);
          } else {
            double[] weights = new double[to - from];
            Arrays.fill(weights, 1);
            divergences(logits, from, weights, own);
          }
        });
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
   * Targets of each token in several draws.
   *
   * @param draws the draws
   * @return for each draw {@code [tokens]}; -1 where none counts
   */
  int[][] targets(List<BatchTargets> draws) {
    try (Workspace work = pass.workspace()) {
      List<Tensor> all = draws.stream().map(draw -> work.perRow(features.rows())).toList();
      run(
          (logits, from, to) -> {
            for (int draw = 0; draw < all.size(); draw++) {
              draws.get(draw).of(logits, from, all.get(draw).rowRange(from, to));
            }
          });
      return all.stream()
          .map(each -> Arrays.stream(pass.device().values(each)).mapToInt(x -> (int) x).toArray())
          .toArray(int[][]::new);
    }
  }

  /**
   * Loss of each token, and a gradient. The loss is the cross-entropy of the next token, and the
   * gradient that of the weighted sum of the cross-entropies of the goals; where the pass has a
   * reference, both are of the divergence from that.
   *
   * @param goals what each token should predict, and what it counts, above 0
   * @param into takes them; a loss is in nats, and 0 for a token without a target
   */
  void lossesAndGradients(WayOut.Goals goals, Into into) {
    run(
        (logits, from, to) -> {
          double[] weights = Arrays.copyOfRange(goals.weights(), from, to);
          Tensor losses = into.losses().rowRange(from, to);
          if (pass.reference() == null) {
            crossEntropies(logits, from, new WayOut.Goals(weights, goals.targets()), losses);
          } else {
            divergences(logits, from, weights, losses);
          }
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
        });
  }

  private void crossEntropies(Tensor logits, int from, WayOut.Goals goals, Tensor losses) {
    int[] next = targets(from, from + logits.rows());
    try (Workspace work = pass.workspace()) {
      Tensor towards = work.perRow(logits.rows());
      goals.targets().of(logits, from, towards);
      pass.device().crossEntropyAndBackward(logits, next, losses, towards, goals.weights());
    }
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
  private void divergences(Tensor logits, int from, double[] weights, Tensor losses) {
    int rows = weights.length;
    int[] next = targets(from, from + rows);
    try (Workspace work = pass.workspace()) {
      Tensor goals = perRow(work, rows, t -> next[t]);
      Tensor dense = work.perRow(rows);
      Tensor dots = work.perRow(rows);
      Tensor reference = work.empty(rows, weight.rows());
      Tensor difference = work.empty(rows, weight.rows());
      logits(pass.reference(), from, reference);
      pass.device().copy(reference, difference);
      pass.device().add(-1, logits, difference);
      pass.device().crossEntropy(logits, next, losses);
      pass.device().crossEntropy(reference, next, dense);
      pass.device().crossEntropyBackward(logits, goals, weights);
      pass.device().crossEntropyBackward(reference, goals, weights);
      pass.device().rowDots(reference, difference, dots);
      pass.device().multiplyElements(perRow(work, rows, t -> 1 / weights[t]), dots);
      pass.device().add(-1, reference, logits);
      pass.device().add(-1, dense, losses);
      pass.device().add(1, dots, losses);
    }
  }

  private Tensor perRow(Workspace work, int rows, IntToDoubleFunction value) {
    double[] values = IntStream.range(0, rows).mapToDouble(value).toArray();
    Tensor tensor = work.perRow(rows);
    pass.device().upload(values, 0, tensor, 0, rows);
    return tensor;
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

  private void run(Chunk chunk) {
    try (Workspace work = pass.workspace()) {
      Tensor space = work.empty(step, weight.rows());
      for (int from = 0; from < features.rows(); from += step) {
        int to = Math.min(from + step, features.rows());
        Tensor logits = space.rowRange(0, to - from);
        logits(own, from, logits);
        chunk.see(logits, from, to);
      }
    }
  }

  /** What is done with the logits of some tokens, which it may overwrite. */
  @FunctionalInterface
  private interface Chunk {
    void see(Tensor logits, int from, int to);
  }
}
