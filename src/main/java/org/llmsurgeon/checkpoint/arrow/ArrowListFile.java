package org.llmsurgeon.checkpoint.arrow;

import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.BaseListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.Storage;

/** An Arrow IPC file or stream with a column of lists of whole numbers, read batch by batch. */
public final class ArrowListFile implements AutoCloseable {
  private final String column;
  private final ArrowBatches batches;
  private FieldVector lists;
  private FieldVector elements;
  private int rows;

  private ArrowListFile(ByteSource source, String column) {
    this.column = column;
    this.batches = new ArrowBatches(source);
  }

  /**
   * Opens a file whose column holds lists of whole numbers of any width.
   *
   * @param storage where it is
   * @param path the file
   * @param column name of the column
   */
  public static ArrowListFile ofIntegers(Storage storage, String path, String column) {
    ArrowListFile file = new ArrowListFile(storage.open(path), column);
    try {
      file.checkColumn();
      return file;
    } catch (RuntimeException failure) {
      file.close();
      throw failure;
    }
  }

  /** Goes to the next batch; false at the end. */
  public boolean next() {
    if (!batches.next()) {
      return false;
    }
    batches.guarded(
        () -> {
          lists = batches.batch().getVector(column);
          elements = lists.getChildrenFromFields().get(0);
          rows = checkedRows();
          return null;
        });
    return true;
  }

  /** Rows of this batch. */
  public int rows() {
    return rows;
  }

  /** Numbers in a row of this batch. */
  int width(int row) {
    return (int) (end(row) - begin(row));
  }

  /** A row of this batch. */
  public int[] ints(int row) {
    return batches.guarded(
        () -> {
          int[] values = new int[width(row)];
          int first = Math.toIntExact(begin(row));
          for (int i = 0; i < values.length; i++) {
            values[i] = narrow(((BaseIntVector) elements).getValueAsLong(first + i), row);
          }
          return values;
        });
  }

  private int narrow(long value, int row) {
    if (value != (int) value) {
      throw refuse("holds " + value + " in row " + (batches.firstRow() + row + 1));
    }
    return (int) value;
  }

  /** What is wrong with this file, for the user. */
  InputException refuse(String what) {
    return batches.refuse(what);
  }

  @Override
  public void close() {
    batches.close();
  }

  private void checkColumn() {
    Field field = batches.column(column);
    if (field == null) {
      throw refuse("has no column \"" + column + "\"");
    }
    ArrowType type = field.getType();
    boolean list =
        type instanceof ArrowType.FixedSizeList
            || type instanceof ArrowType.List
            || type instanceof ArrowType.LargeList;
    ArrowType element = list ? field.getChildren().get(0).getType() : type;
    boolean plain = list && field.getChildren().get(0).getDictionary() == null;
    if (!plain || !(element instanceof ArrowType.Int)) {
      throw refuse(
          "has a column \"%s\" of %s where lists of whole numbers are needed"
              .formatted(column, field));
    }
  }

  private long begin(int row) {
    return lists instanceof LargeListVector large
        ? large.getElementStartIndex(row)
        : ((BaseListVector) lists).getElementStartIndex(row);
  }

  private long end(int row) {
    return lists instanceof LargeListVector large
        ? large.getElementEndIndex(row)
        : ((BaseListVector) lists).getElementEndIndex(row);
  }

  /** Rows of the batch, after a check that they and all their numbers are there. */
  private int checkedRows() {
    int count = batches.batch().getRowCount();
    if (count < 0 || lists.getNullCount() != 0 || elements.getNullCount() != 0) {
      throw refuse("has empty places in the column \"" + column + "\"");
    }
    long present = elements.getDataBuffer().capacity() / bytesOfElement();
    long at = 0;
    for (int i = 0; i < count; i++) {
      long begin = begin(i);
      long end = end(i);
      if (begin < at || end <= begin || end > present) {
        throw refuse("is malformed or has an empty list at row " + (batches.firstRow() + i + 1));
      }
      at = end;
    }
    if (at > elements.getValueCount()) {
      throw refuse("is malformed: it has fewer numbers than its rows");
    }
    return count;
  }

  private long bytesOfElement() {
    ArrowType element = batches.column(column).getChildren().get(0).getType();
    return ((ArrowType.Int) element).getBitWidth() / Byte.SIZE;
  }
}
