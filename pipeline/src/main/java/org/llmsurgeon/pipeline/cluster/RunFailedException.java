package org.llmsurgeon.pipeline.cluster;

/**
 * A run cannot go on, and not because of something that the user gave: the numbers broke down, or
 * the cluster lost a task again and again. The message is one sentence that names the stage. What
 * was committed before stays, and the same command goes on from there.
 */
public final class RunFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence that names the stage and what happened
   */
  public RunFailedException(String message) {
    super(message);
  }

  /**
   * @param message one sentence that names the stage and what happened
   * @param cause what went wrong underneath
   */
  public RunFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
