package org.llmsurgeon.pipeline.parquet;

import java.nio.ByteBuffer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;

/** The text of the row groups of a Parquet file that begin in a part of it. */
public final class ParquetTextReader implements TextReader {
  private final String path;
  private final String column;
  private final ParquetGroups rows;

  /**
   * Opens a part.
   *
   * @param source the file; closed with the reader
   * @param part which row groups
   */
  public ParquetTextReader(ByteSource source, TextPart part) {
    path = part.path();
    column = part.column();
    rows = new ParquetGroups(source, part, this::textOf);
  }

  private MessageType textOf(MessageType schema) {
    if (!schema.containsField(column)) {
      throw new InputException(
          path
              + " has no column "
              + quoted()
              + ", but "
              + TextFormat.remedy(schema.getFields().stream().map(Type::getName).toList())
              + ".");
    }
    Type type = schema.getType(column);
    if (!type.isPrimitive()
        || type.isRepetition(Type.Repetition.REPEATED)
        || type.asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.BINARY) {
      throw new InputException(
          path
              + " has a column "
              + quoted()
              + " that is no string but \""
              + type
              + "\"; write strings.");
    }
    return new MessageType(schema.getName(), type);
  }

  @Override
  public TextChunk next() {
    Group values = rows.next();
    if (values == null) {
      return null;
    }
    byte[] text = rows.guarded(() -> bytes(values));
    return new TextChunk(path, true, StrictText.decode(text, rows::where));
  }

  private byte[] bytes(Group values) {
    if (values.getFieldRepetitionCount(column) == 0) {
      throw new InputException(rows.where() + " has no " + quoted() + "; leave such rows out.");
    }
    return bytes(values, column, 0);
  }

  private String quoted() {
    return '"' + column + '"';
  }

  /**
   * Bytes of a value.
   *
   * @param values a row, or a part of one
   * @param field its name
   * @param index which of several
   */
  static byte[] bytes(Group values, String field, int index) {
    // A length that is damaged must not be taken from the heap before it is compared
    ByteBuffer text = values.getBinary(field, index).toByteBuffer();
    byte[] bytes = new byte[text.remaining()];
    text.get(bytes);
    return bytes;
  }

  @Override
  public void close() {
    rows.close();
  }
}
