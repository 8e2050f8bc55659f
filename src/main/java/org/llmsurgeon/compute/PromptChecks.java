package org.llmsurgeon.compute;

/**
 * Throws at once.
 *
 * @param device where the tensors live
 */
record PromptChecks(Device device) implements FiniteChecks {
  @Override
  public void check(Tensor x, Failure failure) {
    long element = device.firstNonFinite(x);
    if (element >= 0) {
      throw failure.at(element);
    }
  }

  @Override
  public void settle() {}

  @Override
  public void close() {}
}
