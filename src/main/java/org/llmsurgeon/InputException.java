package org.llmsurgeon;

/**
 * Something the user gave (a file, an option, a model, a text) cannot be used. The message is one
 * sentence for that user: it names the thing and says what to do about it. The command line prints
 * the message without a stack trace and exits with 2.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one clear sentence that names the thing and the remedy; names that come from
   *     files are made fit for one line
   */
  public InputException(String message) {
    super(oneLine(message));
  }

  /**
   * @param message one clear sentence that names the thing and the remedy
   * @param cause what went wrong underneath, kept for the debug log
   */
  public InputException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /** Whatever a file calls its fields: no line ends, and nothing that a terminal obeys. */
  private static String oneLine(String message) {
    return message.replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
  }
}
