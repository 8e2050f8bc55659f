package org.llmsurgeon.surgery.shot;

import java.util.function.Supplier;

/**
 * Does the steps of a shot that read data and weights; {@link ShotLife} says in which order.
 *
 * @param <S> a state of the shot, from the cut on
 */
public interface ShotEngine<S> {
  /** What a state is the result of. */
  enum Step {
    /** Layers without what goes of them. */
    CUT,
    /** Layers that were refitted to the dense model. */
    RECONSTRUCT,
    /** Layers into which trained adapters were merged. */
    CORRECT
  }

  /**
   * What a step left.
   *
   * @param by the step
   * @param state the shot after it
   * @param <S> a state of the shot
   */
  record After<S>(Step by, S state) {}

  /**
   * A shot whose factors are known.
   *
   * @param <S> a state of the shot
   */
  interface Measured<S> {
    /** Scores what may go by the factors, and chooses among it. */
    Chosen<S> choose();
  }

  /**
   * A shot of which it is known what goes.
   *
   * @param <S> a state of the shot
   */
  interface Chosen<S> {
    /** Takes from all layers what was chosen, and updates what stays. */
    S cut();
  }

  /** Accumulates the sums of the curvature over the data, and reduces them to mean factors. */
  Measured<S> measure();

  /**
   * Whether no shot follows.
   *
   * @param cut the shot after its cut
   */
  boolean isLast(S cut);

  /**
   * Refits layers to the dense model.
   *
   * @param before what the cut left
   */
  S reconstruct(After<S> before);

  /**
   * Trains adapters and merges them.
   *
   * @param before what the step before left
   */
  S correct(After<S> before);

  /**
   * Trains all that is left.
   *
   * @param before what the step before left
   */
  S recover(After<S> before);

  /**
   * Does a step that others follow. An engine that keeps what it made does so here, and takes it
   * from there where the step is done already.
   *
   * @param step which one
   * @param work does it
   */
  default S once(Step step, Supplier<S> work) {
    return work.get();
  }
}
