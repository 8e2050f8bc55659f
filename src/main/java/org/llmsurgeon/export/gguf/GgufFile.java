package org.llmsurgeon.export.gguf;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes a GGUF file of version 3 as a stream: magic, counts, metadata, descriptions of the
 * tensors, their data, everything little endian, each tensor at a multiple of 32 bytes. The format
 * is described at <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">ggml</a>.
 *
 * @param metadata what stands before the tensors
 * @param tensors in their order
 */
record GgufFile(GgufMetadata metadata, List<GgufTensor> tensors) {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int BUFFER = 1 << 20;

  /**
   * Writes the file.
   *
   * @param folder the checkpoint
   * @param storage where to
   * @param path a file that does not exist
   * @param device reads the tensors
   * @throws InputException where a value is beyond the range of the type
   */
  void write(ModelFolder folder, Storage storage, String path, Device device) {
    try (OutputStream out = new BufferedOutputStream(storage.create(path), BUFFER)) {
      long header = writeHeader(out);
      pad(header, out);
      for (GgufTensor tensor : tensors) {
        writeRows(tensor, folder, device, out);
        pad(tensor.bytes(), out);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be written", failed);
    }
  }

  private long writeHeader(OutputStream out) throws IOException {
    byte[] values = metadata.bytes();
    long written = 4 + 4 + 8 + 8 + values.length;
    out.write(GgufMetadata.number(MAGIC));
    out.write(GgufMetadata.number(VERSION));
    out.write(GgufMetadata.size(tensors.size()));
    out.write(GgufMetadata.size(metadata.count()));
    out.write(values);
    long offset = 0;
    for (GgufTensor tensor : tensors) {
      byte[] description = description(tensor, offset);
      out.write(description);
      written += description.length;
      offset += tensor.bytes() + padding(tensor.bytes());
    }
    return written;
  }

  /** Name, dimensions with the columns first, type and place. */
  private static byte[] description(GgufTensor tensor, long offset) {
    byte[] name = GgufMetadata.string(tensor.name());
    long[] dimensions = tensor.dimensions();
    ByteBuffer bytes = ByteBuffer.allocate(name.length + 40).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(name).putInt(dimensions.length);
    for (long each : dimensions) {
      bytes.putLong(each);
    }
    bytes.putInt(tensor.type().code()).putLong(offset);
    byte[] used = new byte[bytes.position()];
    bytes.flip().get(used);
    return used;
  }

  private static int padding(long bytes) {
    return (int) ((ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT);
  }

  private static void pad(long written, OutputStream out) throws IOException {
    out.write(new byte[padding(written)]);
  }

  private static void writeRows(
      GgufTensor tensor, ModelFolder folder, Device device, OutputStream out) throws IOException {
    int[] rows = tensor.rows();
    if (tensor.source() == null) {
      float[] values = tensor.values();
      for (int i = 0; i < rows.length; i++) {
        writeRow(tensor, tensor.vector() ? new float[] {values[i]} : values, out);
      }
      return;
    }
    try (Tensor source = folder.load(tensor.source(), device)) {
      requireSize(tensor, source, folder);
      float[] row = new float[tensor.columns()];
      for (int each : rows) {
        device.download(source, (long) each * row.length, row, 0, row.length);
        writeRow(tensor, row, out);
      }
    }
  }

  private static void requireSize(GgufTensor tensor, Tensor source, ModelFolder folder) {
    int rows = tensor.vector() ? 1 : tensor.rows().length;
    int columns = tensor.vector() ? tensor.rows().length : tensor.columns();
    if (source.rows() != rows || source.columns() != columns) {
      throw new InputException(
          "%s: tensor %s is [%d, %d], but config.json calls for [%d, %d]; they do not belong together"
              .formatted(
                  folder.path(), tensor.source(), source.rows(), source.columns(), rows, columns));
    }
  }

  private static void writeRow(GgufTensor tensor, float[] row, OutputStream out)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(tensor.type().bytes(row.length)).order(ByteOrder.LITTLE_ENDIAN);
    if (!tensor.type().encode(row, bytes)) {
      throw new InputException(
          "tensor %s has a value that %s cannot hold; choose the type BF16 or F32"
              .formatted(tensor.source(), tensor.type()));
    }
    out.write(bytes.array());
  }
}
