package org.llmsurgeon.pipeline.files;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.llmsurgeon.checkpoint.storage.ByteSource;

/** CRC-32C (Castagnoli) of files and parts of files. */
public final class Checksum {
  private static final int CHUNK = 1 << 20;

  private Checksum() {}

  /**
   * Checksum of a whole file.
   *
   * @param file an open file
   */
  public static long of(ByteSource file) {
    CRC32C checksum = new CRC32C();
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, Math.max(1, file.length())));
    try {
      for (long at = 0; at < file.length(); at += chunk.limit()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), file.length() - at));
        file.read(at, chunk);
        checksum.update(chunk.flip());
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file.name() + " could not be read", failure);
    }
    return checksum.getValue();
  }

  /** Computes the checksum and the length of what is written through it. */
  public static final class Writer extends FilterOutputStream {
    private final CRC32C checksum = new CRC32C();
    private long length;

    /**
     * Counts and sums what is written.
     *
     * @param out takes the bytes; closed with this
     */
    public Writer(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      checksum.update(b);
      length++;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      out.write(bytes, offset, count);
      checksum.update(bytes, offset, count);
      length += count;
    }

    /** Bytes written so far. */
    public long length() {
      return length;
    }

    /** Checksum of the bytes written since the start or the last call. */
    public long take() {
      long value = checksum.getValue();
      checksum.reset();
      return value;
    }
  }
}
