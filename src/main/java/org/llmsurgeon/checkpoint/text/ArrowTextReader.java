package org.llmsurgeon.checkpoint.text;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.arrow.ArrowBatches;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The text of the record batches of an Arrow file or stream that begin in a part of it, as the
 * library datasets keeps texts. A batch is in memory at a time.
 */
final class ArrowTextReader implements TextReader {
  private final TextPart part;
  private final ArrowBatches batches;
  private final boolean large;
  private FieldVector texts;
  private ArrowBuf data;
  private ArrowBuf offsets;
  private int rows;
  private int row;
  private long end;

  /**
   * @param source the file; closed with the reader
   * @param part which batches
   */
  ArrowTextReader(ByteSource source, TextPart part) {
    this.part = part;
    this.batches = new ArrowBatches(source);
    try {
      this.large = checkColumn();
    } catch (RuntimeException failure) {
      batches.close();
      throw failure;
    }
  }

  private boolean checkColumn() {
    Field field = batches.column(part.column());
    if (field == null) {
      throw new InputException(
          part.path()
              + " has neither a column \""
              + part.column()
              + "\" nor one \"tokens\" with token windows, but "
              + TextFormat.remedy(
                  batches.schema().getFields().stream().map(Field::getName).toList()));
    }
    ArrowType type = field.getType();
    boolean isLarge = type.equals(ArrowType.LargeUtf8.INSTANCE);
    if (field.getDictionary() != null || !isLarge && !type.equals(ArrowType.Utf8.INSTANCE)) {
      throw new InputException(
          part.path()
              + " has a column \""
              + part.column()
              + "\" that is no plain string; write strings");
    }
    return isLarge;
  }

  @Override
  public TextChunk next() {
    while (row == rows) {
      if (!batches.next(part.from(), part.to())) {
        return null;
      }
      batches.guarded(this::begin);
    }
    byte[] bytes = batches.guarded(this::bytes);
    row++;
    return new TextChunk(part.path(), true, StrictText.decode(bytes, this::where));
  }

  private Void begin() {
    texts = batches.batch().getVector(part.column());
    data = texts.getDataBuffer();
    offsets = texts.getOffsetBuffer();
    rows = batches.batch().getRowCount();
    row = 0;
    end = rows == 0 ? 0 : offset(0);
    if (rows < 0 || rows > texts.getValueCount()) {
      throw batches.refuse("is malformed: it has not as many texts as rows");
    }
    return null;
  }

  private byte[] bytes() {
    if (texts.isNull(row)) {
      row++;
      throw new InputException(where() + " has no \"" + part.column() + "\"; leave such rows out");
    }
    // Texts lie one behind the other: none is read twice.
    long from = offset(row);
    long to = offset(row + 1);
    if (from != end || to < from || to > data.capacity()) {
      throw batches.refuse("is malformed at row " + (batches.firstRow() + row + 1));
    }
    end = to;
    byte[] bytes = new byte[Math.toIntExact(to - from)];
    data.getBytes(from, bytes);
    return bytes;
  }

  private long offset(int index) {
    return large
        ? offsets.getLong((long) index * Long.BYTES)
        : offsets.getInt((long) index * Integer.BYTES);
  }

  private String where() {
    return part.path() + ", row " + (batches.firstRow() + row) + ",";
  }

  @Override
  public void close() {
    batches.close();
  }
}
