package org.llmsurgeon.pipeline.factors;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.files.Checksum;

/**
 * A new file of numbers, one tensor after the other: plain ones, since they are read once, panel by
 * panel.
 */
public final class ShardFile implements AutoCloseable {
  /** Numbers that are in memory at a time. */
  public static final int PANEL = 1 << 18;

  private final Device device;
  private final Checksum.Writer file;
  private final float[] values = new float[PANEL];
  private final ByteBuffer bytes =
      ByteBuffer.allocate(PANEL * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param device where the tensors are
   * @param out a new file; closed with this
   */
  ShardFile(Device device, OutputStream out) {
    this.device = device;
    this.file = new Checksum.Writer(out);
  }

  /**
   * Writes tensors into one new file.
   *
   * @param device where they are
   * @param tensors the tensors, which stay open
   * @param out a new file; closed
   * @return where each tensor is
   */
  static List<ShardRecord.Part> write(Device device, Collection<Tensor> tensors, OutputStream out) {
    try (ShardFile file = new ShardFile(device, out)) {
      List<ShardRecord.Part> parts = tensors.stream().map(file::write).toList();
      file.finish();
      return parts;
    }
  }

  /**
   * Writes a tensor at the end, and closes it.
   *
   * @param packed the tensor
   * @return where it is
   */
  ShardRecord.Part append(Tensor packed) {
    try (packed) {
      return write(packed);
    }
  }

  private ShardRecord.Part write(Tensor packed) {
    long start = file.length();
    try {
      for (long at = 0; at < packed.size(); at += PANEL) {
        int count = (int) Math.min(PANEL, packed.size() - at);
        device.download(packed, at, values, 0, count);
        bytes.asFloatBuffer().put(values, 0, count);
        file.write(bytes.array(), 0, count * Float.BYTES);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("a file of numbers could not be written", failure);
    }
    return new ShardRecord.Part(start, file.length() - start, file.take());
  }

  /** Makes sure that everything is written; nothing can be appended afterwards. */
  void finish() {
    close();
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException failure) {
      throw new UncheckedIOException("a file of numbers could not be written", failure);
    }
  }
}
