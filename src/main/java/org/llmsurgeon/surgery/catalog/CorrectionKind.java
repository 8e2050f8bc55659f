package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.Choice;
import org.llmsurgeon.InputException;

/** What a correction between shots and at the end makes smaller. */
public enum CorrectionKind {
  /** There is none. */
  NONE,
  /** Cross-entropy of the next tokens of the calibration data. */
  CROSS_ENTROPY,
  /** Divergence from what the dense model says about the next tokens. */
  DISTILL;

  /** The name on the command line. */
  public String optionName() {
    return Choice.name(this);
  }

  /**
   * The kind of this name.
   *
   * @param name for example {@code distill}
   * @throws InputException if there is none, listing the choices
   */
  public static CorrectionKind parse(String name) {
    return Choice.parse("correction", name, values());
  }
}
