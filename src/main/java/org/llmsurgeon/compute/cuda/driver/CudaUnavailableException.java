package org.llmsurgeon.compute.cuda.driver;

/**
 * This machine cannot compute on a card. The message is one sentence that says why, and what would
 * help.
 */
public final class CudaUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message why, and what would help
   */
  public CudaUnavailableException(String message) {
    super(message);
  }

  /**
   * @param message why, and what would help
   * @param cause what failed
   */
  public CudaUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
