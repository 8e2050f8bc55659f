package org.llmsurgeon.model.pass;

import java.util.Arrays;
import org.llmsurgeon.compute.Tensor;

/** What the tokens of a batch should predict in one backward pass. */
@FunctionalInterface
public interface BatchTargets {
  /** In place of a number in [0, 1): no target is drawn. */
  double NOTHING_TO_DRAW = -1;

  /**
   * Targets of some tokens of the batch.
   *
   * @param logits {@code [to - from, vocabulary]} of these tokens; not to be written
   * @param from first token
   * @param to token after the last
   * @return one for each; -1 where none counts
   */
  int[] of(Tensor logits, int from, int to);

  /**
   * Targets of a draw.
   *
   * @param pass the batch
   * @param targets of all windows
   * @param draw which, from 0
   */
  static BatchTargets of(Pass pass, Targets targets, int draw) {
    if (targets instanceof Targets.Drawn drawn) {
      return (logits, from, to) -> drawn(pass, drawn.draw(), draw, logits, from);
    }
    int[] all =
        targets instanceof Targets.Given given
            ? given(pass.batch(), given, draw)
            : pass.batch().targets();
    return (logits, from, to) -> Arrays.copyOfRange(all, from, to);
  }

  private static int[] given(Batch batch, Targets.Given given, int draw) {
    int[] targets = batch.targets().clone();
    for (int token = 0; token < targets.length; token++) {
      if (targets[token] >= 0) {
        int window = batch.first() + token / batch.length();
        targets[token] = given.tokens()[window][draw][token % batch.length()];
      }
    }
    return targets;
  }

  private static int[] drawn(Pass pass, TokenDraw how, int draw, Tensor logits, int from) {
    Batch batch = pass.batch();
    double[] uniforms = new double[logits.rows()];
    for (int i = 0; i < uniforms.length; i++) {
      int position = (from + i) % batch.length();
      int window = batch.first() + (from + i) / batch.length();
      uniforms[i] = batch.counts(from + i) ? how.uniform(window, position, draw) : NOTHING_TO_DRAW;
    }
    int[] targets = new int[logits.rows()];
    pass.device().sample(logits, uniforms, targets);
    return targets;
  }
}
