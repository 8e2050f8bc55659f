package org.llmsurgeon.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.BaseListVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.llmsurgeon.InputException;

/**
 * An Arrow IPC file with a column of lists of 4-byte numbers, read batch by batch. Whatever Arrow
 * throws at a malformed file becomes an {@link InputException} that names it, and no more memory is
 * taken than a sound file of its length needs.
 */
final class ArrowListFile implements AutoCloseable {
  private static final int ELEMENT = 4;
  private static final long ALLOWANCE = 64L << 20;

  private final String column;
  private final ByteSource source;
  private final BufferAllocator allocator;
  private final ArrowFileReader reader;
  private boolean malformed;
  private BaseListVector lists;
  private FieldVector elements;
  private int rows;

  private ArrowListFile(ByteSource source, String column) {
    this.source = source;
    this.column = column;
    this.allocator = ArrowMemory.allocator(2 * source.length() + ALLOWANCE);
    this.reader = new ArrowFileReader(new SourceChannel(source), allocator);
  }

  /**
   * Opens a file and checks the type of a column.
   *
   * @param storage where it is
   * @param path the file
   * @param column name of the column
   * @param element type of the lists' elements, 4 bytes wide
   */
  static ArrowListFile open(Storage storage, String path, String column, ArrowType element) {
    ArrowListFile file = new ArrowListFile(storage.open(path), column);
    try {
      return file.guarded(() -> file.checkColumn(element));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The schema's text pairs. */
  Map<String, String> metadata() {
    return schema().getCustomMetadata();
  }

  /** Length of every list, or -1 where each row has its own. */
  int fixedWidth() {
    ArrowType type = schema().findField(column).getType();
    return type instanceof ArrowType.FixedSizeList list ? list.getListSize() : -1;
  }

  /** Goes to the next batch; false at the end. */
  boolean next() {
    boolean more = guarded(reader::loadNextBatch);
    if (more) {
      guarded(
          () -> {
            lists = (BaseListVector) reader.getVectorSchemaRoot().getVector(column);
            elements = lists.getChildrenFromFields().get(0);
            rows = checkedRows();
            return null;
          });
    }
    return more;
  }

  /** Rows of this batch. */
  int rows() {
    return rows;
  }

  /** Numbers in a row of this batch. */
  int width(int row) {
    return lists.getElementEndIndex(row) - lists.getElementStartIndex(row);
  }

  /** Copies a row of this batch. */
  void floats(int row, float[] target, int offset) {
    guarded(() -> bytes(row).asFloatBuffer().get(target, offset, width(row)));
  }

  /** A row of this batch. */
  int[] ints(int row) {
    return guarded(
        () -> {
          int[] values = new int[width(row)];
          bytes(row).asIntBuffer().get(values);
          return values;
        });
  }

  /** What is wrong with this file, for the user. */
  InputException refuse(String what) {
    return new InputException(source.name() + " " + what + "; write it again");
  }

  /**
   * {@inheritDoc} After Arrow failed on a malformed file it may have lost buffers: the allocator is
   * not asked to account for them.
   */
  @Override
  public void close() {
    try (source) {
      reader.close();
      if (!malformed) {
        allocator.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(source.name() + " could not be closed", e);
    }
  }

  private Schema schema() {
    return guarded(() -> reader.getVectorSchemaRoot().getSchema());
  }

  private ArrowListFile checkColumn(ArrowType element) {
    Field field =
        schema().getFields().stream()
            .filter(each -> each.getName().equals(column))
            .findFirst()
            .orElseThrow(() -> refuse("has no column \"" + column + "\""));
    boolean list =
        field.getType() instanceof ArrowType.FixedSizeList
            || field.getType() instanceof ArrowType.List;
    if (!list || !field.getChildren().get(0).getType().equals(element)) {
      throw refuse(
          "has a column \"%s\" of type %s where lists of %s are needed"
              .formatted(column, field, element));
    }
    return this;
  }

  /** Rows of the batch, after a check that they and all their numbers are there. */
  private int checkedRows() throws IOException {
    int count = reader.getVectorSchemaRoot().getRowCount();
    long present = elements.getDataBuffer().capacity() / ELEMENT;
    long at = 0;
    for (int i = 0; i < count; i++) {
      long begin = lists.getElementStartIndex(i);
      long end = lists.getElementEndIndex(i);
      if (begin < at || end < begin || end > present) {
        throw refuse("is malformed at row " + i + " of a batch");
      }
      at = end;
    }
    if (count < 0 || lists.getNullCount() != 0 || elements.getNullCount() != 0) {
      throw refuse("has empty places in the column \"" + column + "\"");
    }
    return count;
  }

  private ByteBuffer bytes(int row) {
    ArrowBuf data = elements.getDataBuffer();
    long begin = (long) lists.getElementStartIndex(row) * ELEMENT;
    return data.nioBuffer(begin, width(row) * ELEMENT).order(ByteOrder.LITTLE_ENDIAN);
  }

  private <T> T guarded(Callable<T> step) {
    try {
      return step.call();
    } catch (InputException e) {
      throw e;
    } catch (Exception e) {
      malformed = true;
      throw new InputException(
          source.name() + " is not a readable Arrow IPC file (" + e + "); write it again", e);
    }
  }
}
