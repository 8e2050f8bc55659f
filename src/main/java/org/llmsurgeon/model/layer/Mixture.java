package org.llmsurgeon.model.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A mixture of experts {@code sum_e w_e(x) f_e(x)} over the few feed-forwards that the router sends
 * a token to, beside one that all tokens may go through. The tap sees of each expert the tokens
 * that reach it, in their order.
 *
 * @param router sends tokens to experts
 * @param experts in order
 * @param emptyGone whether an expert whose down layer is 0 is gone: no token is sent to it; known
 *     from the first forward on
 * @param shared what all tokens go through besides, or null
 */
public record Mixture(
    Router router, List<GatedFeedForward> experts, boolean emptyGone, Shared shared)
    implements Sublayer {
  /**
   * A feed-forward that all tokens go through: {@code sigmoid(w x) f(x)}, or {@code f(x)}.
   *
   * @param layers {@code f}
   * @param gate {@code w}, which no tap sees; null where nothing scales the feed-forward
   */
  public record Shared(GatedFeedForward layers, Linear gate) {}

  /**
   * One feed-forward's part of a forward that was done.
   *
   * @param tokens that went through it
   * @param weights what it counted for them
   * @param own what it wrote
   * @param trace its way back
   */
  private record Part(int[] tokens, double[] weights, Tensor own, Trace trace) {
    Pass of(Pass pass) {
      return pass.of(tokens);
    }
  }

  @Override
  public Trace forward(Pass pass, Tensor in, Tensor out, Workspace kept) {
    Routing routing = router.route(pass, in, gone(pass));
    pass.device().scale(0, out);
    List<Part> parts = new ArrayList<>();
    for (int expert = 0; expert < experts.size(); expert++) {
      int[] tokens = routing.tokens(expert);
      parts.add(
          tokens.length == 0
              ? null
              : part(pass, experts.get(expert), tokens, routing.weights(expert), in, kept));
    }
    if (shared != null) {
      int[] all = IntStream.range(0, pass.tokens()).toArray();
      parts.add(part(pass, shared.layers(), all, sharedWeights(pass, in), in, kept));
    }
    for (Part part : parts) {
      if (part != null) {
        addWeighted(pass, part, part.own(), out);
      }
    }
    return new MixtureTrace(this, routing, parts);
  }

  private boolean[] gone(Pass pass) {
    boolean[] gone = new boolean[experts.size()];
    for (int expert = 0; emptyGone && expert < gone.length; expert++) {
      gone[expert] = experts.get(expert).down().weight().isZero(pass.device());
    }
    return gone;
  }

  private static Part part(
      Pass pass,
      GatedFeedForward layers,
      int[] tokens,
      double[] weights,
      Tensor in,
      Workspace kept) {
    Tensor own = kept.empty(tokens.length, in.columns());
    try (Workspace work = pass.workspace()) {
      Tensor read = rows(pass, in, tokens, work);
      return new Part(tokens, weights, own, layers.forward(pass.of(tokens), read, own, kept));
    }
  }

  private static Tensor rows(Pass pass, Tensor from, int[] tokens, Workspace work) {
    Tensor rows = work.empty(tokens.length, from.columns());
    pass.device().embed(from, tokens, rows);
    return rows;
  }

  /**
   * On the host, as where tokens go ({@link Router}): a number for each token, read once a block,
   * whose sigmoid and its gradient are taken in double.
   */
  private double[] sharedWeights(Pass pass, Tensor in) {
    double[] weights = new double[pass.tokens()];
    Arrays.fill(weights, 1);
    if (shared.gate() != null) {
      try (Workspace work = pass.workspace()) {
        Tensor scores = work.empty(pass.tokens(), 1);
        shared.gate().forward(pass, in, scores);
        double[] values = pass.device().values(scores);
        Arrays.setAll(weights, token -> 1 / (1 + Math.exp(-values[token])));
      }
    }
    return weights;
  }

  /** Adds rows, each times its weight, to the rows of their tokens. */
  private static void addWeighted(Pass pass, Part part, Tensor rows, Tensor to) {
    try (Workspace work = pass.workspace()) {
      Tensor weighted = work.empty(rows.rows(), rows.columns());
      pass.device().copy(rows, weighted);
      weigh(pass, part.weights(), weighted, work);
      pass.device().embedBackward(part.tokens(), weighted, to);
    }
  }

  /** Multiplies each row by its weight. */
  private static void weigh(Pass pass, double[] weights, Tensor rows, Workspace work) {
    Tensor column = work.empty(rows.rows(), 1);
    pass.device().upload(weights, 0, column, 0, weights.length);
    double[] one = new double[rows.columns()];
    Arrays.fill(one, 1);
    Tensor ones = work.empty(1, rows.columns());
    pass.device().upload(one, 0, ones, 0, one.length);
    Tensor spread = work.empty(rows.rows(), rows.columns());
    pass.device().multiply(1, column, ones, 0, spread);
    pass.device().multiplyElements(spread, rows);
  }

  /**
   * @param layer whose forward this was
   * @param routing where tokens went
   * @param parts of the experts, null where no token went; then that of the shared feed-forward
   */
  private record MixtureTrace(Mixture layer, Routing routing, List<Part> parts) implements Trace {
    @Override
    public void backward(Pass pass, Tensor in, Tensor dOut, Tensor dIn) {
      if (dIn != null) {
        pass.device().scale(0, dIn);
      }
      double[][] dWeights = new double[parts.size()][0];
      for (int i = 0; i < parts.size(); i++) {
        if (parts.get(i) != null) {
          dWeights[i] = backward(pass, parts.get(i), in, dOut, dIn);
        }
      }
      layer.router.backward(pass, in, routing, dWeights, dIn);
      if (layer.shared != null && layer.shared.gate() != null) {
        int last = parts.size() - 1;
        sharedGate(pass, in, parts.get(last).weights(), dWeights[last], dIn);
      }
    }

    /**
     * Gradients of a part's weights, on the host since they go back through the router; adds those
     * of what it read.
     */
    private static double[] backward(Pass pass, Part part, Tensor in, Tensor dOut, Tensor dIn) {
      try (Workspace work = pass.workspace()) {
        Tensor dRows = rows(pass, dOut, part.tokens(), work);
        double[] dWeights = pass.device().rowDots(part.own(), dRows);
        weigh(pass, part.weights(), dRows, work);
        Tensor read = pass.needsInputs() ? rows(pass, in, part.tokens(), work) : null;
        Tensor dRead = dIn == null ? null : work.empty(dRows.rows(), dRows.columns());
        part.trace().backward(part.of(pass), read, dRows, dRead);
        if (dIn != null) {
          pass.device().embedBackward(part.tokens(), dRead, dIn);
        }
        return dWeights;
      }
    }

    private void sharedGate(Pass pass, Tensor in, double[] weights, double[] dWeights, Tensor dIn) {
      double[] dScores = new double[weights.length];
      Arrays.setAll(dScores, t -> dWeights[t] * weights[t] * (1 - weights[t]));
      try (Workspace work = pass.workspace()) {
        Tensor gradient = work.empty(weights.length, 1);
        pass.device().upload(dScores, 0, gradient, 0, dScores.length);
        layer.shared.gate().backward(pass, in, gradient, dIn, 1);
      }
    }

    @Override
    public void showInputs(Pass pass, Tensor in) {
      for (Part part : parts) {
        if (part != null) {
          try (Workspace work = pass.workspace()) {
            part.trace().showInputs(part.of(pass), rows(pass, in, part.tokens(), work));
          }
        }
      }
    }
  }
}
