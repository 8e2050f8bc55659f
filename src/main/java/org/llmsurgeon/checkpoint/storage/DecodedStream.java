package org.llmsurgeon.checkpoint.storage;

import java.io.IOException;
import java.io.InputStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;

/**
 * What a compressed file holds. Decoders tell a damaged file by exceptions of all kinds, which
 * become an {@link InputException} here; a failure to read the file stays what it is.
 */
public final class DecodedStream extends InputStream {
  private final SourceStream bytes;
  private final Compression compression;
  private final String path;
  private final InputStream decoder;

  /**
   * Opens a file.
   *
   * @param source the file; closed with the stream, and also when this fails
   * @param compression how it is compressed
   */
  public DecodedStream(ByteSource source, Compression compression) throws IOException {
    this.bytes = new SourceStream(source, 0, source.length());
    this.compression = compression;
    this.path = source.name();
    try {
      this.decoder = guarded(() -> compression.decoder(bytes));
    } catch (IOException | RuntimeException failure) {
      bytes.close();
      throw failure;
    }
  }

  @Override
  public int read() throws IOException {
    return guarded(decoder::read);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return guarded(() -> decoder.read(target, offset, length));
  }

  @Override
  public void close() throws IOException {
    try (bytes) {
      decoder.close();
    }
  }

  private <T> T guarded(Step<T> step) throws IOException {
    try {
      return step.run();
    } catch (InputException refused) {
      throw refused;
    } catch (IOException | RuntimeException failure) {
      if (bytes.failure() != null) {
        throw bytes.failure();
      }
      throw new InputException(
          path
              + " is no whole "
              + compression.title()
              + " file ("
              + Reason.of(failure)
              + "); make or copy it again",
          failure);
    }
  }

  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException;
  }
}
