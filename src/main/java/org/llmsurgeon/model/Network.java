package org.llmsurgeon.model;

import java.util.List;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.head.MeanPool;
import org.llmsurgeon.model.head.WayOut;
import org.llmsurgeon.model.layer.Block;
import org.llmsurgeon.model.layer.WayIn;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/**
 * A whole network: embedding, blocks, head.
 *
 * @param parameters all weights
 * @param embedding the way in
 * @param blocks in order
 * @param head the way out
 */
record Network(Parameters parameters, WayIn embedding, List<Block> blocks, WayOut head) {

  /** The network of a configuration, its weights not loaded yet. */
  static Network describe(ModelConfig config) {
    return new NetworkBuilder(config).network();
  }

  /**
   * Cross-entropy of each token; keeps nothing.
   *
   * @return nats; 0 for a token without a target
   */
  double[] losses(Pass pass, MemoryLimits limits) {
    try (Workspace work = pass.workspace()) {
      Tensor losses = work.perRow(pass.tokens());
      head.losses(pass, run(pass, work, false), limits.logitBytes(), losses);
      NonFiniteLoss.check(pass, losses);
      return pass.device().values(losses);
    }
  }

  /**
   * Targets of each token in several draws; keeps nothing.
   *
   * @param draws the draws
   * @return {@code [draws, tokens]}; -1 where none counts
   */
  int[][] targets(Pass pass, MemoryLimits limits, List<BatchTargets> draws) {
    try (Workspace work = pass.workspace()) {
      return head.targets(pass, run(pass, work, false), limits.logitBytes(), draws);
    }
  }

  /**
   * All logits.
   *
   * @param logits {@code [tokens, vocabulary]}, written
   */
  void logits(Pass pass, Tensor logits) {
    try (Workspace work = pass.workspace()) {
      head.logits(pass, run(pass, work, false), logits);
    }
  }

  /**
   * Embeddings of the sequences of a batch.
   *
   * @return {@code [sequences][hidden]}
   */
  double[][] embeddings(Pass pass) {
    if (!(head instanceof MeanPool pool)) {
      throw new IllegalStateException("this network makes no embeddings");
    }
    try (Workspace work = pass.workspace()) {
      return pool.embeddings(pass, run(pass, work, false));
    }
  }

  /**
   * What this network says about a batch, to be met by another one.
   *
   * @param pass the batch; nobody looks
   * @param work owns the result
   */
  Reference reference(Pass pass, Workspace work) {
    return head.reference(pass, run(pass, work, false), work);
  }

  /**
   * Goes forward once more, looking at every step, after a loss came out not finite.
   *
   * @param pass the batch, with checks of its own
   * @return what to throw where everything before the loss is finite
   * @throws NonFiniteException naming the first place that is not
   */
  NonFiniteException explainNonFinite(Pass pass, MemoryLimits limits) {
    try (Workspace work = pass.workspace()) {
      Tensor hidden = run(pass.silent(), work, true);
      head.requireFinite(pass, hidden, limits.logitBytes());
      pass.settle();
      return new NonFiniteException("a loss is not finite, although all logits are");
    }
  }

  /** Forward without a trace, in two tensors that take turns. */
  private Tensor run(Pass pass, Workspace work, boolean check) {
    Tensor in = work.empty(pass.tokens(), hidden());
    Tensor out = work.empty(pass.tokens(), hidden());
    embedding.forward(pass, in);
    if (check) {
      pass.requireFinite(in, "the embedding");
    }
    for (Block block : blocks) {
      try (Workspace inner = pass.workspace()) {
        block.forward(pass, in, out, inner);
      }
      if (check) {
        pass.requireFinite(out, "the output of " + block.name());
      }
      Tensor swap = in;
      in = out;
      out = swap;
    }
    return in;
  }

  /** Width of the residual stream. */
  int hidden() {
    return embedding.hidden();
  }
}
