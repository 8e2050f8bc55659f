package org.llmsurgeon.pipeline.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;

/** A file of a Hadoop file system, read by position. */
final class HadoopFile implements ByteSource {
  private static final int CHUNK = 1 << 20;

  private final String name;
  private final long length;
  private final FSDataInputStream stream;

  private HadoopFile(String name, long length, FSDataInputStream stream) {
    this.name = name;
    this.length = length;
    this.stream = stream;
  }

  static ByteSource open(FileSystem system, Path path) throws IOException {
    var status = system.getFileStatus(path);
    if (status.isDirectory()) {
      throw new InputException(path + " is a folder; give a file");
    }
    return new HadoopFile(path.toString(), status.getLen(), system.open(path));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    if (target.hasArray()) {
      int start = target.arrayOffset() + target.position();
      stream.readFully(position, target.array(), start, target.remaining());
      target.position(target.limit());
      return;
    }
    // Positional reads fill arrays only, so direct memory is filled through one.
    byte[] chunk = new byte[Math.min(CHUNK, target.remaining())];
    long at = position;
    while (target.hasRemaining()) {
      int count = Math.min(chunk.length, target.remaining());
      stream.readFully(at, chunk, 0, count);
      target.put(chunk, 0, count);
      at += count;
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
