package org.llmsurgeon.model;

/**
 * A loss, an activation or a gradient came out as NaN or infinite. The message says which, in which
 * block or layer, and at which token of which window it was found first.
 */
public final class NonFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is not finite, and where
   */
  public NonFiniteException(String message) {
    super(message);
  }
}
