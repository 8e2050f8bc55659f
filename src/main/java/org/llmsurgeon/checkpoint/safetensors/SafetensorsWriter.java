package org.llmsurgeon.checkpoint.safetensors;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Iterator;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes a safetensors file as a stream: the header first, then one tensor after the other in the
 * order of the {@link SafetensorsLayout}. Never more than a chunk of one tensor is in memory.
 *
 * <p>A failed write leaves a half file behind. Write under a name that nobody reads, and publish
 * that name once {@link #close} has returned.
 */
public final class SafetensorsWriter implements Closeable {
  private static final int PANEL = 1 << 18;

  private final OutputStream out;
  private final String file;
  private final Iterator<TensorEntry> pending;
  private TensorEntry next;
  private boolean failed;

  /**
   * Writes the header.
   *
   * @param layout the tensors to come
   * @param out where to; closed with this writer, and also when this fails
   * @param file name of the file, for messages
   */
  public SafetensorsWriter(SafetensorsLayout layout, OutputStream out, String file)
      throws IOException {
    this.out = out;
    this.file = file;
    this.pending = layout.entries().values().iterator();
    advance();
    byte[] header = layout.headerJson();
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    length.putLong(header.length);
    try {
      out.write(length.array());
      out.write(header);
    } catch (IOException e) {
      out.close();
      throw e;
    }
  }

  /**
   * Writes the next tensor, in the number format of the layout, each value rounded once to nearest
   * (ties to even) from the tensor's precision.
   *
   * @param name the next tensor of the layout; its dtype is F32, F16 or BF16
   * @param tensor as many rows and columns as the entry's shape; more than two dimensions as {@code
   *     [first, product of the others]}
   * @param device where the tensor lives
   * @throws ArithmeticException naming file, tensor and place if a value is NaN or infinite
   * @throws org.llmsurgeon.InputException likewise if a finite value is beyond the format's range
   */
  public void write(String name, Tensor tensor, Device device) throws IOException {
    TensorEntry entry = expect(name);
    if (!entry.dtype().isWeight()) {
      throw new IllegalArgumentException("tensor " + entry + " is no tensor of weights");
    }
    if (tensor.rows() != entry.rows() || tensor.columns() != entry.columns()) {
      throw new IllegalArgumentException(
          "tensor %s of shape %s given as [%d, %d]"
              .formatted(name, Arrays.toString(entry.shape()), tensor.rows(), tensor.columns()));
    }
    failed = true;
    new TensorWriter(file, entry).write(tensor, device, out);
    written();
  }

  /** Numbers that are made while they are written. */
  @FunctionalInterface
  public interface Numbers {
    /**
     * The next numbers of a tensor, row by row, from the first to the last.
     *
     * @param at position of the first one
     * @param into written from its start
     * @param count how many
     */
    void next(long at, float[] into, int count);
  }

  /**
   * Writes the next tensor, of dtype F32, without ever holding all of it.
   *
   * @param name the next tensor of the layout
   * @param numbers its values
   * @throws ArithmeticException naming file, tensor and place if a value is NaN or infinite
   */
  public void write(String name, Numbers numbers) throws IOException {
    TensorEntry entry = expect(name);
    if (entry.dtype() != DataType.F32) {
      throw new IllegalArgumentException("tensor " + entry + " given as floats");
    }
    failed = true;
    float[] values = new float[(int) Math.min(PANEL, entry.elements())];
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long at = 0; at < entry.elements(); at += PANEL) {
      int count = (int) Math.min(PANEL, entry.elements() - at);
      numbers.next(at, values, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(values[i])) {
          throw new ArithmeticException(
              "%s: tensor %s holds %s at number %d".formatted(file, name, values[i], at + i));
        }
      }
      bytes.asFloatBuffer().put(values, 0, count);
      out.write(bytes.array(), 0, count * Float.BYTES);
    }
    written();
  }

  /**
   * Writes the next tensor, of dtype I32.
   *
   * @param name the next tensor of the layout
   * @param values {@code [rows][columns]}
   */
  public void write(String name, int[][] values) throws IOException {
    TensorEntry entry = expect(name);
    boolean fits = entry.dtype() == DataType.I32 && entry.rows() == values.length;
    for (int[] row : values) {
      fits &= row.length == entry.columns();
    }
    if (!fits) {
      throw new IllegalArgumentException("tensor " + entry + " given as other integers");
    }
    failed = true;
    for (int[] row : values) {
      ByteBuffer bytes =
          ByteBuffer.allocate(row.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asIntBuffer().put(row);
      out.write(bytes.array());
    }
    written();
  }

  /**
   * Writes the next tensor, of a dtype of one byte.
   *
   * @param name the next tensor of the layout
   * @param bytes one for each element, row by row
   */
  public void write(String name, byte[] bytes) throws IOException {
    TensorEntry entry = expect(name);
    if (entry.dtype().bits() != Byte.SIZE || entry.bytes() != bytes.length) {
      throw new IllegalArgumentException("tensor " + entry + " given as " + bytes.length);
    }
    failed = true;
    out.write(bytes);
    written();
  }

  /**
   * Writes the next tensor, byte for byte as in another file.
   *
   * @param name the next tensor of the layout
   * @param from a file that holds it with the same dtype and shape
   * @param there its name in that file
   */
  public void copy(String name, Safetensors from, String there) throws IOException {
    TensorEntry entry = expect(name);
    TensorEntry source = from.entry(there);
    if (source.dtype() != entry.dtype() || !Arrays.equals(source.shape(), entry.shape())) {
      throw new IllegalArgumentException("tensor " + entry + " copied from " + source);
    }
    failed = true;
    from.copyBytes(source, out);
    written();
  }

  /**
   * Writes the next tensor: some rows and columns of one of another file, byte for byte.
   *
   * @param name the next tensor of the layout
   * @param from a file that holds a larger one of the same dtype
   * @param there its name in that file
   * @param rows which rows, ascending; null for all
   * @param columns which columns, ascending; null for all
   */
  public void copy(String name, Safetensors from, String there, int[] rows, int[] columns)
      throws IOException {
    copy(expect(name), from, from.entry(there), rows, columns);
  }

  /**
   * The same of a tensor whose rows are all of its last dimension, be there two or three.
   *
   * @param name the next tensor of the layout
   * @param from a file that holds a larger one of the same dtype
   * @param there its name in that file
   * @param rows which rows, ascending
   * @param columns which columns, ascending
   */
  public void copyLines(String name, Safetensors from, String there, int[] rows, int[] columns)
      throws IOException {
    copy(expect(name), from, from.entry(there).lines(), rows, columns);
  }

  private void copy(
      TensorEntry entry, Safetensors from, TensorEntry source, int[] rows, int[] columns)
      throws IOException {
    int[] keptRows = rows == null ? all(source.rows()) : rows;
    int[] keptColumns = columns == null ? all(source.columns()) : columns;
    boolean fits = entry.rows() == keptRows.length && entry.columns() == keptColumns.length;
    if (source.dtype() != entry.dtype() || !fits) {
      throw new IllegalArgumentException("tensor " + entry + " cut out of " + source);
    }
    failed = true;
    from.copyBytes(source, keptRows, keptColumns, out);
    written();
  }

  private static int[] all(long count) {
    int[] all = new int[Math.toIntExact(count)];
    Arrays.setAll(all, i -> i);
    return all;
  }

  /**
   * Closes the file.
   *
   * @throws IllegalStateException if tensors of the layout were not written: the file is unusable
   */
  @Override
  public void close() throws IOException {
    out.close();
    if (next != null && !failed) {
      failed = true;
      throw new IllegalStateException(file + " was closed before " + next.name() + " was written");
    }
  }

  private TensorEntry expect(String name) {
    if (failed) {
      throw new IllegalStateException(file + " is unusable after a failed write");
    }
    if (next == null || !next.name().equals(name)) {
      throw new IllegalStateException(
          file + " expects " + (next == null ? "no more tensors" : next.name()) + ", not " + name);
    }
    return next;
  }

  private void written() {
    failed = false;
    advance();
  }

  private void advance() {
    next = pending.hasNext() ? pending.next() : null;
  }
}
