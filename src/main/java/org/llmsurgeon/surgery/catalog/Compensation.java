package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.Choice;

/** How the rest makes up for single weights that go. */
public enum Compensation {
  /** All weights of a layer jointly. */
  FULL,
  /** Group after group, as the authors do. */
  GROUPED;

  /** Its name in a recipe. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * One by its name.
   *
   * @throws org.llmsurgeon.InputException if there is none of that name
   */
  static Compensation parse(String name) {
    return Choice.parse("element-update", name, values());
  }
}
