package org.llmsurgeon.checkpoint.safetensors;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * A safetensors file, open for reading. Its header is checked when it is opened; tensors are read
 * when they are asked for. Several threads may read at once.
 */
public final class Safetensors implements Closeable {
  private static final int COPY_BYTES = 4 << 20;
  private static final int MAX_TOKENS = 1 << 28;

  private final ByteSource source;
  private final SafetensorsHeader header;
  private final long dataStart;
  private final TensorReader reader;

  private Safetensors(ByteSource source, SafetensorsHeader header) {
    this.source = source;
    this.header = header;
    this.dataStart = Long.BYTES + (long) header.json().length;
    this.reader = new TensorReader(source, dataStart);
  }

  /**
   * Opens a file and checks its header.
   *
   * @param source the file; closed with the result, and also when this fails
   * @throws InputException naming the file and the tensor if the header is malformed, or does not
   *     account for every byte of the file
   */
  public static Safetensors open(ByteSource source) {
    try {
      return new Safetensors(source, SafetensorsHeader.read(source));
    } catch (IOException e) {
      closeAfter(source, e);
      throw failure(source.name(), e);
    } catch (RuntimeException e) {
      closeAfter(source, e);
      throw e;
    }
  }

  /** The file's path or address. */
  public String name() {
    return source.name();
  }

  /** Tensors by name, in the order of the header. */
  public Map<String, TensorEntry> entries() {
    return Collections.unmodifiableMap(header.entries());
  }

  /** The text pairs under {@code __metadata__}; empty where there are none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * Where a tensor lies.
   *
   * @param name as in the file
   * @throws InputException naming file and tensor if it is not there
   */
  public TensorEntry entry(String name) {
    TensorEntry entry = header.entries().get(name);
    if (entry == null) {
      throw new InputException(
          name() + " has no tensor " + name + "; check that it belongs to this model");
    }
    return entry;
  }

  /**
   * Loads a tensor of dtype F32, F16 or BF16 in single precision; every value is kept exactly,
   * infinities and NaN too. One dimension gives {@code [1, n]}; more than two give {@code [first,
   * product of the others]}. An F32 tensor of a mapped file may share the file's memory: it must
   * not be written, and the file not be changed, while it is in use; closing the tensor gives the
   * memory back.
   *
   * @param name as in the file
   * @param device where to
   * @return owned by the caller
   */
  public Tensor load(String name, Device device) {
    TensorEntry entry = entry(name);
    try {
      return reader.load(entry, device);
    } catch (IOException e) {
      throw failure(name(), e);
    }
  }

  /**
   * Brings some consecutive elements of a tensor to a device, as a matrix; else as {@link
   * #load(String, Device)}.
   *
   * @param name as in the file
   * @param first index of the first element
   * @param rows of the matrix
   * @param columns of the matrix
   * @param device where to
   * @return owned by the caller
   */
  public Tensor load(String name, long first, int rows, int columns, Device device) {
    TensorEntry whole = entry(name);
    long from = whole.begin() + whole.dtype().bytes(first);
    long to = from + whole.dtype().bytes((long) rows * columns);
    if (first < 0 || to > whole.end()) {
      throw new IllegalArgumentException(first + " and " + rows + " rows of " + whole);
    }
    TensorEntry part = new TensorEntry(name, whole.dtype(), new long[] {rows, columns}, from, to);
    try {
      return reader.load(part, device);
    } catch (IOException e) {
      throw failure(name(), e);
    }
  }

  /**
   * Reads a tensor of whole numbers.
   *
   * @param name of a tensor {@code [rows, columns]} of dtype I32, or I64 with values in the range
   *     of int
   * @return {@code [rows][columns]}
   */
  public int[][] integers(String name) {
    TensorEntry entry = entry(name);
    boolean wide = entry.dtype() == DataType.I64;
    if ((!wide && entry.dtype() != DataType.I32) || entry.shape().length != 2) {
      throw refuse(name, "is " + entry.dtype() + " " + Arrays.toString(entry.shape()));
    }
    if (entry.elements() > MAX_TOKENS || Math.max(entry.rows(), entry.columns()) > MAX_TOKENS) {
      throw refuse(name, "has more than " + MAX_TOKENS + " numbers");
    }
    int width = entry.dtype().bits() / 8;
    int[][] rows = new int[(int) entry.rows()][(int) entry.columns()];
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(entry.columns() * width))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows.length; i++) {
      read(entry, (long) i * bytes.capacity(), bytes.clear());
      bytes.flip();
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] = wide ? narrow(name, bytes.getLong(), i, j) : bytes.getInt();
      }
    }
    return rows;
  }

  /**
   * Reads a vector of whole numbers.
   *
   * @param name of a tensor {@code [n]} of dtype I32
   */
  public int[] vector(String name) {
    TensorEntry entry = entry(name);
    if (entry.dtype() != DataType.I32 || entry.shape().length != 1) {
      throw new InputException(
          "%s: tensor %s is %s %s, but must be a vector of I32; export the model again"
              .formatted(name(), name, entry.dtype(), Arrays.toString(entry.shape())));
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(entry.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    read(entry, 0, bytes);
    int[] values = new int[bytes.capacity() / Integer.BYTES];
    bytes.flip().asIntBuffer().get(values);
    return values;
  }

  /**
   * Copies a tensor's bytes as they are.
   *
   * @param entry of this file
   * @param out where to
   */
  void copyBytes(TensorEntry entry, OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(COPY_BYTES, entry.bytes()));
    for (long at = 0; at < entry.bytes(); at += chunk.capacity()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), entry.bytes() - at));
      read(entry, at, chunk);
      out.write(chunk.array(), 0, chunk.limit());
    }
  }

  /**
   * Copies the bytes of some rows and columns of a tensor, in the order given. Reads a few MiB at a
   * time.
   *
   * @param entry of this file, whose elements fill whole bytes
   * @param rows which rows, ascending; of a tensor of one dimension 0 alone
   * @param columns which columns, ascending
   * @param out where to
   */
  void copyBytes(TensorEntry entry, int[] rows, int[] columns, OutputStream out)
      throws IOException {
    int width = entry.dtype().bits() / 8;
    int rowBytes = Math.toIntExact(entry.columns() * width);
    int most = Math.max(1, COPY_BYTES / Math.max(1, rowBytes));
    byte[] kept = new byte[columns.length * width];
    ByteBuffer window = ByteBuffer.allocate((int) Math.min(most, entry.rows()) * rowBytes);
    long first = 0;
    long end = 0;
    for (int row : rows) {
      if (row < first || row >= end) {
        first = row;
        end = Math.min(entry.rows(), row + (long) most);
        window.clear().limit((int) (end - first) * rowBytes);
        read(entry, first * rowBytes, window);
      }
      int from = (int) (row - first) * rowBytes;
      for (int i = 0; i < columns.length; i++) {
        System.arraycopy(window.array(), from + columns[i] * width, kept, i * width, width);
      }
      out.write(kept);
    }
  }

  /** The header's JSON as it is in the file. */
  byte[] headerJson() {
    return header.json().clone();
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  private void read(TensorEntry entry, long offset, ByteBuffer target) {
    try {
      source.read(dataStart + entry.begin() + offset, target);
    } catch (IOException e) {
      throw failure(name(), e);
    }
  }

  private int narrow(String tensor, long value, int row, int column) {
    if (value != (int) value) {
      throw refuse(tensor, "holds " + value + " at [" + row + ", " + column + "]");
    }
    return (int) value;
  }

  private InputException refuse(String tensor, String what) {
    return new InputException(
        name()
            + ": tensor "
            + tensor
            + " "
            + what
            + "; I32 token ids [windows, tokens] are needed");
  }

  private static RuntimeException failure(String name, IOException e) {
    if (e instanceof EOFException) {
      return new InputException(name + " became shorter while it was read; copy it again", e);
    }
    return new UncheckedIOException(name + " could not be read", e);
  }

  private static void closeAfter(ByteSource source, Exception failure) {
    try {
      source.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
