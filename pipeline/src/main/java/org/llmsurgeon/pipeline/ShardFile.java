package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.surgery.ShardFactors;

/** Writes the sums of a shard: plain numbers, since they are read once, panel by panel. */
final class ShardFile {
  /** Numbers that are in memory at a time. */
  static final int PANEL = 1 << 18;

  private ShardFile() {}

  /**
   * Writes all sums of a shard into one new file.
   *
   * @param device where the sums are
   * @param factors the sums
   * @param out a new file; closed
   * @return where each factor is
   */
  static List<ShardRecord.Part> write(Device device, ShardFactors factors, OutputStream out) {
    return write(device, factors.packed().values(), out);
  }

  /**
   * Writes tensors into one new file, one after the other.
   *
   * @param device where they are
   * @param tensors the tensors
   * @param out a new file; closed
   * @return where each tensor is
   */
  static List<ShardRecord.Part> write(Device device, Collection<Tensor> tensors, OutputStream out) {
    List<ShardRecord.Part> parts = new ArrayList<>();
    try (Checksum.Writer file = new Checksum.Writer(out)) {
      float[] values = new float[PANEL];
      ByteBuffer bytes = ByteBuffer.allocate(PANEL * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (Tensor packed : tensors) {
        long start = file.length();
        for (long at = 0; at < packed.size(); at += PANEL) {
          int count = (int) Math.min(PANEL, packed.size() - at);
          device.download(packed, at, values, 0, count);
          bytes.asFloatBuffer().put(values, 0, count);
          file.write(bytes.array(), 0, count * Float.BYTES);
        }
        parts.add(new ShardRecord.Part(start, file.length() - start, file.take()));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("a file of numbers could not be written", failure);
    }
    return parts;
  }
}
