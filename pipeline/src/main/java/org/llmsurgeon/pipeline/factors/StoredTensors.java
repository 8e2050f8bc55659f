package org.llmsurgeon.pipeline.factors;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * A file of tensors in the run directory, little-endian float32, one after the other: what changes
 * hands between driver and tasks in the steps of a correction.
 *
 * @param path relative to the run directory
 * @param parts one per tensor
 */
public record StoredTensors(String path, List<ShardRecord.Part> parts) implements Serializable {
  /** Copies the list. */
  public StoredTensors {
    parts = List.copyOf(parts);
  }

  /**
   * Writes a file.
   *
   * @param run run directory
   * @param path a name that nothing has, relative
   * @param tensors what to write
   */
  public static StoredTensors write(RunDirectory run, String path, List<Tensor> tensors) {
    return new StoredTensors(
        path, ShardFile.write(ExecutorDevice.shared(), tensors, run.create(path)));
  }

  /**
   * Reads consecutive tensors and checks that they are as they were written.
   *
   * @param run run directory
   * @param first position of the first one in the file
   * @param into tensors of the same sizes, written
   * @throws RunFailedException naming the file, where it was damaged
   */
  public void read(RunDirectory run, int first, List<Tensor> into) {
    String file = run.resolve(path);
    try (ByteSource source = run.storage().open(file)) {
      for (int i = 0; i < into.size(); i++) {
        read(source, parts.get(first + i), into.get(i));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file + " could not be read", failure);
    }
  }

  private static void read(ByteSource source, ShardRecord.Part part, Tensor into)
      throws IOException {
    Device device = ExecutorDevice.shared();
    float[] values = new float[ShardFile.PANEL];
    ByteBuffer bytes =
        ByteBuffer.allocate(ShardFile.PANEL * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C checksum = new CRC32C();
    for (long at = 0; at < into.size(); at += ShardFile.PANEL) {
      int count = (int) Math.min(ShardFile.PANEL, into.size() - at);
      bytes.clear().limit(count * Float.BYTES);
      source.read(part.offset() + at * Float.BYTES, bytes);
      bytes.flip();
      checksum.update(bytes.array(), 0, bytes.limit());
      bytes.asFloatBuffer().get(values, 0, count);
      device.upload(values, 0, into, at, count);
    }
    if (part.length() != into.size() * Float.BYTES || checksum.getValue() != part.crc32c()) {
      throw new RunFailedException(
          source.name() + " is not as it was written; give the same command again.");
    }
  }
}
