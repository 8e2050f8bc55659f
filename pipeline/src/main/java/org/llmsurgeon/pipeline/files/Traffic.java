package org.llmsurgeon.pipeline.files;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.MappedBytes;

/**
 * Bytes that a thread has read from files and written to them since it started, whatever the file
 * system. What is mapped counts as read, once for each time that it is mapped.
 *
 * @param read bytes read
 * @param written bytes written
 */
public record Traffic(long read, long written) {
  /** Nothing. */
  public static final Traffic NONE = new Traffic(0, 0);

  private static final ThreadLocal<long[]> COUNTS = ThreadLocal.withInitial(() -> new long[2]);

  /** What this thread has moved so far. */
  public static Traffic ofThread() {
    long[] counts = COUNTS.get();
    return new Traffic(counts[0], counts[1]);
  }

  /** What was moved since an earlier count. */
  public Traffic since(Traffic earlier) {
    return new Traffic(read - earlier.read, written - earlier.written);
  }

  /** Both together. */
  public Traffic plus(Traffic other) {
    return new Traffic(read + other.read, written + other.written);
  }

  /** A file whose reads count. */
  static ByteSource counted(ByteSource source) {
    return new CountedSource(source);
  }

  /** A stream whose writes count. */
  static OutputStream counted(OutputStream out) {
    return new CountedStream(out);
  }

  private record CountedSource(ByteSource source) implements ByteSource {
    @Override
    public String name() {
      return source.name();
    }

    @Override
    public long length() {
      return source.length();
    }

    @Override
    public void read(long position, ByteBuffer target) throws IOException {
      COUNTS.get()[0] += target.remaining();
      source.read(position, target);
    }

    @Override
    public Optional<MappedBytes> map(long position, long length) {
      Optional<MappedBytes> mapped = source.map(position, length);
      mapped.ifPresent(bytes -> COUNTS.get()[0] += length);
      return mapped;
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }

  private static final class CountedStream extends FilterOutputStream {
    CountedStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      COUNTS.get()[1]++;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      out.write(bytes, offset, count);
      COUNTS.get()[1] += count;
    }
  }
}
