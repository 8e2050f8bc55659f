package org.llmsurgeon.model.pass;

import java.util.Arrays;
import org.llmsurgeon.compute.Tensor;

/** What the tokens of a batch should predict in one backward pass. */
@FunctionalInterface
public interface BatchTargets {
  /** In place of a number in [0, 1): no target is drawn. */
  double NOTHING_TO_DRAW = -1;

  /**
   * Targets of some tokens of the batch; nobody waits for those that are drawn.
   *
   * @param logits {@code [tokens, vocabulary]} of these tokens; not to be written
   * @param from first token
   * @param goals {@code [tokens, 1]} of double precision, written; -1 where none counts
   */
  void of(Tensor logits, int from, Tensor goals);

  /** Whether they are drawn, so that there is {@link #noise}. */
  default boolean drawn() {
    return false;
  }

  /**
   * A number of the normal distribution, of a draw.
   *
   * @param sequence of the batch
   * @param index which of its numbers
   */
  default double noise(int sequence, int index) {
    throw new IllegalStateException("nothing is drawn");
  }

  /**
   * Targets of a draw.
   *
   * @param pass the batch
   * @param targets of all windows
   * @param draw which, from 0
   */
  static BatchTargets of(Pass pass, Targets targets, int draw) {
    if (targets instanceof Targets.Drawn drawn) {
      return new Drawn(pass, drawn.draw(), draw);
    }
    int[] all =
        targets instanceof Targets.Given given
            ? given(pass.batch(), given, draw)
            : pass.batch().targets();
    double[] wide = Arrays.stream(all).asDoubleStream().toArray();
    return (logits, from, goals) -> pass.device().upload(wide, from, goals, 0, goals.rows());
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

  /**
   * What a model says itself.
   *
   * @param pass the batch
   * @param how draws one
   * @param draw which draw this is
   */
  record Drawn(Pass pass, TokenDraw how, int draw) implements BatchTargets {
    @Override
    public void of(Tensor logits, int from, Tensor goals) {
      Batch batch = pass.batch();
      double[] uniforms = new double[logits.rows()];
      for (int i = 0; i < uniforms.length; i++) {
        int position = (from + i) % batch.length();
        int window = batch.first() + (from + i) / batch.length();
        uniforms[i] =
            batch.counts(from + i) ? how.uniform(window, position, draw) : NOTHING_TO_DRAW;
      }
      pass.device().sample(logits, uniforms, goals);
    }

    @Override
    public boolean drawn() {
      return true;
    }

    /** As Box and Muller 1958 make it of two numbers in [0, 1). */
    @Override
    public double noise(int sequence, int index) {
      int window = pass.batch().first() + sequence;
      double radius = Math.sqrt(-2 * Math.log(1 - how.uniform(window, 2 * index, draw)));
      return radius * Math.cos(2 * Math.PI * how.uniform(window, 2 * index + 1, draw));
    }
  }
}
