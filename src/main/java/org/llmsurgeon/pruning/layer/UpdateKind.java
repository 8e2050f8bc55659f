package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** How the weights that stay make up for those that go (method, section 4). */
public enum UpdateKind {
  /** The row update, then the column update of its result: the exact optimum. */
  JOINT,
  /** Row and column updates of the same weight, added: the authors' default, no cross term. */
  ADDITIVE,
  /** Nothing else changes. */
  NONE,
  /** Each row and column updates the rest as if it went alone; all updates are added. */
  INDEPENDENT;

  /** The name on the command line and in reports. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name {@code joint}, {@code additive}, {@code none} or {@code independent}
   * @throws InputException if it is another
   */
  public static UpdateKind parse(String name) {
    return Choice.parse("update", name, values());
  }
}
