package org.llmsurgeon.checkpoint.text;

/** Opens parts of text files. */
@FunctionalInterface
public interface TextSource {
  /**
   * Opens a part.
   *
   * @param part which
   * @throws org.llmsurgeon.InputException naming the file if it is missing or not what its name
   *     says
   */
  TextReader open(TextPart part);
}
