package org.llmsurgeon.checkpoint.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A {@link ByteSource} as a channel with a position. Closing it leaves the source open. */
public final class SourceChannel implements SeekableByteChannel {
  private static final int CHUNK = 4 << 20;

  private final ByteSource source;
  private long position;
  private boolean open = true;

  /**
   * A channel at the start of a source.
   *
   * @param source read only; not closed by this
   */
  public SourceChannel(ByteSource source) {
    this.source = source;
  }

  /** Writes all bytes of a source to a stream. */
  public static void copy(ByteSource source, OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, Math.max(source.length(), 1)));
    try (SourceChannel channel = new SourceChannel(source)) {
      while (channel.read(chunk.clear()) > 0) {
        out.write(chunk.array(), 0, chunk.position());
      }
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!open) {
      throw new ClosedChannelException();
    }
    if (position >= source.length()) {
      return -1;
    }
    int count = (int) Math.min(target.remaining(), source.length() - position);
    ByteBuffer part = target.duplicate();
    part.limit(part.position() + count);
    source.read(position, part);
    target.position(target.position() + count);
    position += count;
    return count;
  }

  @Override
  public int write(ByteBuffer bytes) {
    throw new NonWritableChannelException();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    if (newPosition < 0) {
      throw new IllegalArgumentException("position " + newPosition);
    }
    position = newPosition;
    return this;
  }

  @Override
  public long size() {
    return source.length();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }
}
