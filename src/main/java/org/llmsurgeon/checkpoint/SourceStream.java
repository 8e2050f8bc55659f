package org.llmsurgeon.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A range of a file as a stream. It says how much is left, which gzip needs to find a next part.
 */
final class SourceStream extends InputStream {
  private final ByteSource source;
  private final long end;
  private long position;

  /**
   * @param source the file; closed with the stream
   * @param from first byte
   * @param to byte after the last
   */
  SourceStream(ByteSource source, long from, long to) {
    this.source = source;
    this.position = from;
    this.end = to;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (position >= end) {
      return length == 0 ? 0 : -1;
    }
    int count = (int) Math.min(length, end - position);
    source.read(position, ByteBuffer.wrap(target, offset, count));
    position += count;
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(0, end - position));
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
