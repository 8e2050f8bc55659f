package org.llmsurgeon.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.Storage;

/** A file system in memory with one file. */
record OneFile(String name, byte[] bytes) implements Storage {
  @Override
  public ByteSource open(String path) {
    return new ByteSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      public void read(long position, ByteBuffer target) throws IOException {
        if (position < 0 || position + target.remaining() > bytes.length) {
          throw new EOFException("beyond the end");
        }
        target.put(bytes, (int) position, target.remaining());
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public OutputStream create(String path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean exists(String path) {
    return path.equals(name);
  }

  @Override
  public List<String> list(String folder) {
    return List.of(name);
  }

  @Override
  public void delete(String path, boolean recursive) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long length(String path) {
    return bytes.length;
  }
}
