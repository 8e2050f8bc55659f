package org.llmsurgeon.pipeline.text;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntConsumer;
import org.llmsurgeon.InputException;

/** Writes tokens as they come, if the model knows them. */
final class TokenWriter implements IntConsumer, Closeable {
  private static final int BUFFER = 1 << 16;

  private final OutputStream out;
  private final int vocabulary;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param out where to; closed with the writer
   * @param vocabulary tokens that the model has
   */
  TokenWriter(OutputStream out, int vocabulary) {
    this.out = out;
    this.vocabulary = vocabulary;
  }

  @Override
  public void accept(int token) {
    if (token >= vocabulary) {
      throw new InputException(
          "The tokenizer makes the token "
              + token
              + " and the model has "
              + vocabulary
              + "; use the model's own tokenizer.json.");
    }
    if (!buffer.hasRemaining()) {
      flush();
    }
    buffer.putInt(token);
  }

  private void flush() {
    try {
      out.write(buffer.array(), 0, buffer.position());
      buffer.clear();
    } catch (IOException failure) {
      throw new UncheckedIOException("tokens could not be written", failure);
    }
  }

  @Override
  public void close() throws IOException {
    try (out) {
      flush();
    }
  }
}
