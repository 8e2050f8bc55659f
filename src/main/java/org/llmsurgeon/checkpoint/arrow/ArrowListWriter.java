package org.llmsurgeon.checkpoint.arrow;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Writes an Arrow IPC file, uncompressed, with one column of equally long lists of 4-byte numbers.
 * Rows are gathered into batches of at most 64 MiB (at least one row), so memory does not grow with
 * the file.
 */
public final class ArrowListWriter implements Closeable {
  private static final int ELEMENT = 4;
  private static final long BATCH_BYTES = 64L << 20;

  private final OutputStream out;
  private final int width;
  private final int capacity;
  private final BufferAllocator allocator;
  private final VectorSchemaRoot root;
  private final FixedSizeListVector lists;
  private final BaseFixedWidthVector elements;
  private final ArrowFileWriter writer;
  private int filled;

  /**
   * What is written.
   *
   * @param column name of the column
   * @param element type of the numbers, 4 bytes wide
   * @param width numbers in each row
   * @param rows rows that will come, for the size of the batches
   * @param metadata text pairs of the schema
   */
  public record Format(
      String column, ArrowType element, int width, int rows, Map<String, String> metadata) {}

  /**
   * @param format what is written
   * @param out where to; closed with this writer
   */
  public ArrowListWriter(Format format, OutputStream out) throws IOException {
    this.out = out;
    this.width = format.width();
    long fitting = BATCH_BYTES / Math.max(1L, (long) width * ELEMENT);
    this.capacity = (int) Math.max(1, Math.min(fitting, format.rows()));
    this.allocator = ArrowMemory.allocator(Long.MAX_VALUE);
    this.root = VectorSchemaRoot.create(schema(format), allocator);
    this.lists = (FixedSizeListVector) root.getVector(0);
    this.elements = (BaseFixedWidthVector) lists.getDataVector();
    this.writer = new ArrowFileWriter(root, null, Channels.newChannel(out));
    try {
      writer.start();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Appends a row of whole numbers. */
  public void append(int[] row) throws IOException {
    nextRow().asIntBuffer().put(row, 0, width);
    endRow();
  }

  /** Writes what is left and the footer. */
  public void finish() throws IOException {
    flush();
    writer.end();
  }

  /** Closes the file; without {@link #finish} it has no footer and cannot be read. */
  @Override
  public void close() throws IOException {
    root.close();
    allocator.close();
    out.close();
  }

  private static Schema schema(Format format) {
    Field element = new Field("item", FieldType.notNullable(format.element()), null);
    FieldType list = FieldType.notNullable(new ArrowType.FixedSizeList(format.width()));
    Field column = new Field(format.column(), list, List.of(element));
    return new Schema(List.of(column), format.metadata());
  }

  private ByteBuffer nextRow() {
    if (filled == 0) {
      lists.setInitialCapacity(capacity);
      lists.allocateNew();
      elements.allocateNew(capacity * width);
    }
    long begin = (long) filled * width * ELEMENT;
    return elements
        .getDataBuffer()
        .nioBuffer(begin, width * ELEMENT)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void endRow() throws IOException {
    filled++;
    if (filled == capacity) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (filled == 0) {
      return;
    }
    lists.getValidityBuffer().setOne(0L, (filled + 7L) / 8);
    elements.getValidityBuffer().setOne(0L, ((long) filled * width + 7) / 8);
    elements.setValueCount(filled * width);
    lists.setValueCount(filled);
    root.setRowCount(filled);
    writer.writeBatch();
    filled = 0;
  }
}
