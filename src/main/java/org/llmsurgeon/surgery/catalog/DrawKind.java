package org.llmsurgeon.surgery.catalog;

import org.llmsurgeon.Choice;

/** How it is decided where windows begin in a calibration text. */
public enum DrawKind {
  /** By tokens, or by bytes where the text is large and can be read from anywhere. */
  AUTO,
  /** Each token that leaves room for a window is as likely as any other: all text is read. */
  TOKENS,
  /** Places in the files are drawn first, and only the text there is read. */
  BYTES;

  /**
   * A kind by its name on the command line.
   *
   * @param name as {@code tokens}
   */
  public static DrawKind parse(String name) {
    return Choice.parse("draw", name, values());
  }

  /** Its name on the command line. */
  public String optionName() {
    return Choice.name(this);
  }
}
