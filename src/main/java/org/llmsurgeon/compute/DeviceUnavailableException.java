package org.llmsurgeon.compute;

/**
 * This machine cannot compute on a device. The message is one sentence that says why, and what
 * would help.
 */
public final class DeviceUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message why, and what would help
   */
  public DeviceUnavailableException(String message) {
    super(message);
  }

  /**
   * @param message why, and what would help
   * @param cause what failed
   */
  public DeviceUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
