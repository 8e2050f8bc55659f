package org.llmsurgeon.checkpoint.storage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A range of a file as a stream, read in large steps. It says how much is left, which gzip needs to
 * find a next part.
 */
public final class SourceStream extends InputStream {
  private static final int STEP = 1 << 20;

  private final ByteSource source;
  private final long end;
  private final ByteBuffer buffer;
  private long position;
  private IOException failure;

  /**
   * @param source the file; closed with the stream
   * @param from first byte
   * @param to byte after the last
   */
  public SourceStream(ByteSource source, long from, long to) {
    this.source = source;
    this.position = from;
    this.end = to;
    this.buffer = ByteBuffer.allocate((int) Math.max(0, Math.min(STEP, to - from))).limit(0);
  }

  /** The failure to read bytes that should be there, or null. */
  IOException failure() {
    return failure;
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
  }

  private boolean fill() throws IOException {
    if (!buffer.hasRemaining() && position < end) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
      try {
        source.read(position, buffer);
      } catch (IOException unreadable) {
        failure = unreadable;
        throw unreadable;
      }
      position += buffer.limit();
      buffer.flip();
    }
    return buffer.hasRemaining();
  }

  @Override
  public int available() {
    long left = buffer.remaining() + Math.max(0, end - position);
    return (int) Math.min(Integer.MAX_VALUE, left);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
