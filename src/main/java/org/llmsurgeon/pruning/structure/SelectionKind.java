package org.llmsurgeon.pruning.structure;

import org.llmsurgeon.Choice;

/** How it is decided within a shot what goes (method, section 6). */
public enum SelectionKind {
  /** Every structure is costed as if it went alone: the paper's way. */
  SINGLE,
  /**
   * All layers choose together, several times on the same factors; what is left is costed anew each
   * time.
   */
  ROUNDS,
  /** Each coupled group orders its own units by local rounds; the orders are merged once. */
  PATHS;

  /** The name on the command line and in reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name {@code single}, {@code rounds} or {@code paths}
   * @throws org.llmsurgeon.InputException if it is another
   */
  public static SelectionKind parse(String name) {
    return Choice.parse("selection", name, values());
  }
}
