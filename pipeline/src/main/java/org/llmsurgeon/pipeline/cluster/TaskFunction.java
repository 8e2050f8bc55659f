package org.llmsurgeon.pipeline.cluster;

import java.io.Serializable;

/**
 * What a task does with its item. It is sent to executors by Java serialisation, so implementations
 * are records with small fields: paths and numbers, never arrays of weights or factors.
 *
 * @param <I> item of a task, small and serialisable
 * @param <O> result of a task, small and serialisable
 */
@FunctionalInterface
public interface TaskFunction<I, O> extends Serializable {
  /**
   * Does the work of one task.
   *
   * @param item what to work on
   * @param attempt a name that no other attempt at any task of this run has: what is written goes
   *     under it
   * @throws Exception an {@link org.llmsurgeon.InputException} or an {@link ArithmeticException}
   *     ends the run with its message; anything else may pass, and Spark tries again
   */
  O apply(I item, String attempt) throws Exception;
}
