package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads the rows of a file of labelled data, in order. */
public interface LabelledRows extends AutoCloseable {
  /**
   * The next row.
   *
   * @return an object; null at the end
   * @throws org.llmsurgeon.InputException naming the file, and the line or row, if it is not what
   *     its name says
   * @throws java.io.UncheckedIOException if it cannot be read now
   */
  JsonNode next();

  /** Place of the row that was read last, for messages. */
  String where();

  @Override
  void close();
}
