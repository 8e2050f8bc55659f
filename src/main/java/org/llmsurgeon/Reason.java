package org.llmsurgeon;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Why something failed, in words for a user: on one line, without names of Java's classes. */
public final class Reason {
  private static final Pattern CLASS = Pattern.compile("\\b(?:[a-z][\\w$]*\\.)+[A-Z][\\w$]*:? ?");
  private static final Pattern EXCEPTION = Pattern.compile("\\b\\w+(?:Exception|Error)\\b:? ?");
  private static final Pattern SETTING =
      Pattern.compile(",? ?\\(?(?:from|enable) `[^`]*`(?: to allow)?\\)?|`[^`]*`");

  private Reason() {}

  /**
   * The reason.
   *
   * @param failure what was thrown
   */
  public static String of(Throwable failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NoSuchFileException) {
      return "it does not exist";
    }
    if (failure instanceof FileSystemLoopException) {
      return "its links lead to themselves";
    }
    String message =
        failure instanceof FileSystemException system && system.getReason() != null
            ? system.getReason()
            : failure.getMessage();
    String plain = message == null ? "" : plain(message);
    return plain.isEmpty() ? kind(failure) : plain;
  }

  /**
   * A message of a library without what only programmers understand.
   *
   * @param message any text
   */
  public static String plain(String message) {
    String text = SETTING.matcher(message).replaceAll("");
    text = CLASS.matcher(text).replaceAll("");
    text = EXCEPTION.matcher(text).replaceAll("");
    return text.replaceAll("\\s+", " ")
        .replaceAll("\\(\\s*\\)", "")
        .replaceAll("[\\s:.]+$", "")
        .strip();
  }

  /** "unexpected end" of an exception that says nothing but its name. */
  private static String kind(Throwable failure) {
    return failure
        .getClass()
        .getSimpleName()
        .replaceAll("Exception|Error", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT)
        .strip();
  }
}
