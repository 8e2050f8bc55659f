package org.llmsurgeon.checkpoint.text;

/** Reads the documents of a part of a file, in order. */
public interface TextReader extends AutoCloseable {
  /**
   * The next text: a document, or a piece of one.
   *
   * @return null at the end
   * @throws org.llmsurgeon.InputException naming the file, and the byte, line or row, if it is not
   *     what its name says
   * @throws java.io.UncheckedIOException if it cannot be read now
   */
  TextChunk next();

  @Override
  void close();
}
