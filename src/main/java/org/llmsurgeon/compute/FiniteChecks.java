package org.llmsurgeon.compute;

/**
 * Whether tensors are finite, without waiting for each answer where a device keeps them: what is
 * found is told at the latest by {@link #settle}. Used by one thread; closing forgets what was not
 * told.
 */
public interface FiniteChecks extends AutoCloseable {
  /** What is thrown where a tensor is not finite. */
  @FunctionalInterface
  interface Failure {
    /**
     * The exception.
     *
     * @param element index of the first element in row-major order that is NaN or infinite
     */
    RuntimeException at(long element);
  }

  /**
   * Looks at a tensor as it is now; throws at once or later.
   *
   * @param x any tensor of the device
   * @param failure what to throw
   */
  void check(Tensor x, Failure failure);

  /**
   * Waits for all answers and throws the failure of the first tensor that was not finite, in the
   * order of the checks.
   */
  void settle();

  @Override
  void close();
}
