package org.llmsurgeon.pipeline.factors;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.llmsurgeon.pipeline.files.LocalScratch;

/**
 * The packed lower triangle of a symmetric matrix in a temporary file, from which whole rows are
 * read: a matrix of any size passes through the memory of a few of its rows. The file goes when it
 * is closed.
 */
final class TriangleFile implements AutoCloseable {
  private static final int CHUNK = 1 << 18;

  private final int size;
  private final FileChannel channel;
  private final ByteBuffer bytes =
      ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.nativeOrder());

  /**
   * An empty file.
   *
   * @param size rows and columns of the matrix
   */
  TriangleFile(int size) throws IOException {
    this.size = size;
    this.channel =
        FileChannel.open(
            LocalScratch.file("triangle"),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
  }

  /**
   * Appends to the triangle, row after row.
   *
   * @param values numbers
   * @param count how many of them
   */
  void append(float[] values, int count) throws IOException {
    for (int at = 0; at < count; at += CHUNK) {
      int part = Math.min(CHUNK, count - at);
      bytes.clear().limit(part * Float.BYTES);
      bytes.asFloatBuffer().put(values, at, part);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /**
   * Reads rows of the whole matrix.
   *
   * @param from first row
   * @param to row after the last
   * @param target written from its start: {@code [to - from, n]}
   */
  void rows(int from, int to, float[] target) throws IOException {
    for (int row = from; row < to; row++) {
      read(row, 0, row + 1, target, (row - from) * size);
    }
    for (int row = from; row < to; row++) {
      for (int column = row + 1; column < to; column++) {
        target[(row - from) * size + column] = target[(column - from) * size + row];
      }
    }
    // What is right of the panel lies below it in the triangle.
    float[] part = new float[to - from];
    for (int below = to; below < size; below++) {
      read(below, from, part.length, part, 0);
      for (int row = 0; row < part.length; row++) {
        target[row * size + below] = part[row];
      }
    }
  }

  /** Reads neighbours in a row of the triangle. */
  private void read(int row, int column, int count, float[] target, int offset) throws IOException {
    long start = (long) row * (row + 1) / 2 + column;
    for (int at = 0; at < count; at += CHUNK) {
      int part = Math.min(CHUNK, count - at);
      bytes.clear().limit(part * Float.BYTES);
      long position = (start + at) * Float.BYTES;
      while (bytes.hasRemaining()) {
        int done = channel.read(bytes, position + bytes.position());
        if (done < 0) {
          throw new EOFException("row " + row + " of the triangle is not there");
        }
      }
      bytes.flip().asFloatBuffer().get(target, offset + at, part);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
