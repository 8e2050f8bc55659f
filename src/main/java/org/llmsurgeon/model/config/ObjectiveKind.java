package org.llmsurgeon.model.config;

import org.llmsurgeon.Choice;

/** What a network can be asked to do. */
public enum ObjectiveKind {
  /** Each position says the next token. */
  NEXT_TOKEN,
  /** Hidden tokens are said. */
  MASKED_TOKEN,
  /** Texts, or tokens, get labels. */
  CLASSIFICATION,
  /** Texts get a number. */
  REGRESSION,
  /** Texts get a vector. */
  EMBEDDING;

  /** Its name in commands and reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name as {@link #optionName}
   * @throws org.llmsurgeon.InputException listing all if there is none
   */
  public static ObjectiveKind parse(String name) {
    return Choice.parse("objective", name, values());
  }
}
