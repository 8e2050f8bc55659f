package org.llmsurgeon.model.head;

import java.util.List;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Reference;
import org.llmsurgeon.model.pass.Workspace;

/** What becomes of the residual stream after the last block. */
public sealed interface WayOut permits Head, TwinHead, NumberHead, MeanPool {
  /**
   * Of what a gradient is taken.
   *
   * @param weights what each token counts in the sum
   * @param targets what each token should predict
   */
  record Goals(double[] weights, BatchTargets targets) {}

  /**
   * What a forward and backward give.
   *
   * @param losses {@code [tokens, 1]} of double precision, written: nats; 0 for a token without a
   *     target
   * @param gradient with respect to what was read, written
   */
  record Results(Tensor losses, Tensor gradient) {}

  /**
   * Loss of each token.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @param losses {@code [tokens, 1]} of double precision, written: nats; 0 for a token without a
   *     target
   */
  void losses(Pass pass, Tensor hidden, long logitBytes, Tensor losses);

  /**
   * Targets of each token in several draws.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @param draws the draws
   * @return for each draw {@code [tokens]}; -1 where none counts
   */
  int[][] targets(Pass pass, Tensor hidden, long logitBytes, List<BatchTargets> draws);

  /**
   * Loss of each token, and a gradient: that of the weighted sum of the losses of the goals, or of
   * the distances where the pass has a reference.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logitBytes bytes of logits at one time
   * @param goals what each token should predict, and what it counts in the sum
   * @param results written
   */
  void lossesAndGradient(Pass pass, Tensor hidden, long logitBytes, Goals goals, Results results);

  /**
   * All that is said of each token.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param logits {@code [tokens, outputs]}, written
   */
  void logits(Pass pass, Tensor hidden, Tensor logits);

  /**
   * What this network says about the tokens of a batch, to be met by another one.
   *
   * @param hidden {@code [tokens, hidden]}
   * @param work owns the result
   */
  Reference reference(Pass pass, Tensor hidden, Workspace work);

  /**
   * Checks all that is said.
   *
   * @throws org.llmsurgeon.compute.NonFiniteException where a number is NaN or infinite
   */
  void requireFinite(Pass pass, Tensor hidden, long logitBytes);
}
