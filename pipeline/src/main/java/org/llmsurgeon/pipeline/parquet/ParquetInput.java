package org.llmsurgeon.pipeline.parquet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;
import org.llmsurgeon.checkpoint.storage.ByteSource;

/** A file of any storage as Parquet reads it. It remembers what went wrong below Parquet. */
final class ParquetInput implements InputFile {
  private final ByteSource source;
  private IOException failure;

  /**
   * @param source the file; not closed by the streams
   */
  ParquetInput(ByteSource source) {
    this.source = source;
  }

  /** The failure to read bytes that are there, or null: then the file itself is at fault. */
  IOException failure() {
    return failure;
  }

  @Override
  public long getLength() {
    return source.length();
  }

  @Override
  public SeekableInputStream newStream() {
    Stream stream = new Stream();
    return new DelegatingSeekableInputStream(stream) {
      @Override
      public long getPos() {
        return stream.position;
      }

      @Override
      public void seek(long position) {
        stream.position = position;
      }
    };
  }

  private final class Stream extends InputStream {
    private long position;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = (int) Math.min(length, source.length() - position);
      if (count <= 0) {
        return length == 0 ? 0 : -1;
      }
      try {
        source.read(position, ByteBuffer.wrap(target, offset, count));
      } catch (IOException unreadable) {
        failure = unreadable;
        throw unreadable;
      }
      position += count;
      return count;
    }
  }
}
