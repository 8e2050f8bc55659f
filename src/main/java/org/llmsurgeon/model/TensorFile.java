package org.llmsurgeon.model;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Tensors of one shape and precision in a temporary file, in numbered places; every bit comes back.
 * The file is made when the first one is written and goes when this is closed.
 */
final class TensorFile implements AutoCloseable {
  /** Elements that pass through the Java heap at a time. */
  private static final int CHUNK = 1 << 16;

  private final Device device;
  private final Supplier<Path> newFile;
  private final ByteBuffer bytes =
      ByteBuffer.allocateDirect(CHUNK * Double.BYTES).order(ByteOrder.nativeOrder());
  private final double[] doubles = new double[CHUNK];
  private final float[] floats = new float[CHUNK];
  private FileChannel channel;
  private long length;

  /**
   * @param device where tensors come from
   * @param newFile makes an empty file
   */
  TensorFile(Device device, Supplier<Path> newFile) {
    this.device = device;
    this.newFile = newFile;
  }

  /**
   * Appends a tensor.
   *
   * @return where it is, for {@link #read}
   */
  long write(Tensor tensor) {
    long start = length;
    try {
      open();
      for (long at = 0; at < tensor.size(); at += CHUNK) {
        int count = (int) Math.min(CHUNK, tensor.size() - at);
        fill(tensor, at, count);
        while (bytes.hasRemaining()) {
          length += channel.write(bytes, length);
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(
          "activations could not be written to a temporary file", failure);
    }
    return start;
  }

  /**
   * Reads a tensor back.
   *
   * @param start what {@link #write} gave
   * @param into of the same shape and precision, written
   */
  void read(long start, Tensor into) {
    try {
      long position = start;
      for (long at = 0; at < into.size(); at += CHUNK) {
        int count = (int) Math.min(CHUNK, into.size() - at);
        bytes.clear().limit(count * into.precision().bytes());
        while (bytes.hasRemaining()) {
          int done = channel.read(bytes, position);
          if (done < 0) {
            throw new EOFException("the file ends before its activations do");
          }
          position += done;
        }
        spread(into, at, count);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(
          "activations could not be read from a temporary file", failure);
    }
  }

  private void fill(Tensor tensor, long at, int count) {
    bytes.clear();
    if (tensor.precision() == Precision.SINGLE) {
      device.download(tensor, at, floats, 0, count);
      bytes.asFloatBuffer().put(floats, 0, count);
    } else {
      device.download(tensor, at, doubles, 0, count);
      bytes.asDoubleBuffer().put(doubles, 0, count);
    }
    bytes.limit(count * tensor.precision().bytes());
  }

  private void spread(Tensor into, long at, int count) {
    bytes.flip();
    if (into.precision() == Precision.SINGLE) {
      bytes.asFloatBuffer().get(floats, 0, count);
      device.upload(floats, 0, into, at, count);
    } else {
      bytes.asDoubleBuffer().get(doubles, 0, count);
      device.upload(doubles, 0, into, at, count);
    }
  }

  private void open() throws IOException {
    if (channel == null) {
      channel =
          FileChannel.open(
              newFile.get(),
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    }
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException failure) {
        throw new UncheckedIOException(
            "a temporary file of activations could not be removed", failure);
      }
    }
  }
}
