package org.llmsurgeon.pipeline.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;
import org.llmsurgeon.checkpoint.text.TextChunk;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;

/**
 * The text of the row groups of a Parquet file that begin in a part of it. A row group's column is
 * in memory at a time.
 */
public final class ParquetTextReader implements TextReader {
  private final String path;
  private final TextPart part;
  private final ByteSource source;
  private final ParquetInput input;
  private ParquetFileReader file;
  private MessageType column;
  private RecordReader<Group> rows;
  private int group;
  private long firstRow;
  private long row;
  private long rowCount;

  /**
   * Opens a part.
   *
   * @param source the file; closed with the reader
   * @param part which row groups
   */
  public ParquetTextReader(ByteSource source, TextPart part) {
    this.path = part.path();
    this.part = part;
    this.source = source;
    this.input = new ParquetInput(source);
    try {
      guarded(this::open);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  private Void open() throws IOException {
    file =
        ParquetFileReader.open(
            input, ParquetReadOptions.builder().usePageChecksumVerification().build());
    MessageType schema = file.getFooter().getFileMetaData().getSchema();
    if (!schema.containsField(part.column())) {
      throw new InputException(
          path
              + " has no column "
              + quoted()
              + ", but "
              + TextFormat.remedy(schema.getFields().stream().map(Type::getName).toList())
              + ".");
    }
    Type type = schema.getType(part.column());
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
    column = new MessageType(schema.getName(), type);
    file.setRequestedSchema(column);
    return null;
  }

  @Override
  public TextChunk next() {
    Group values = guarded(this::nextRow);
    if (values == null) {
      return null;
    }
    byte[] text = guarded(() -> bytes(values));
    return new TextChunk(path, true, StrictText.decode(text, this::where));
  }

  private Group nextRow() throws IOException {
    while (row == rowCount) {
      OptionalInt next = nextGroup();
      if (next.isEmpty()) {
        return null;
      }
      BlockMetaData rowGroup = file.getRowGroups().get(next.getAsInt());
      if (rowGroup.getRowCount() == 0) {
        continue;
      }
      requireInside(rowGroup);
      PageReadStore pages = file.readRowGroup(next.getAsInt());
      rows =
          new ColumnIOFactory()
              .getColumnIO(column)
              .getRecordReader(pages, new GroupRecordConverter(column));
      firstRow = pages.getRowIndexOffset().orElse(0L);
      row = 0;
      rowCount = pages.getRowCount();
    }
    row++;
    return rows.read();
  }

  private OptionalInt nextGroup() {
    List<BlockMetaData> groups = file.getRowGroups();
    while (group < groups.size()) {
      long start = groups.get(group).getStartingPos();
      group++;
      if (start >= part.from() && start < part.to()) {
        return OptionalInt.of(group - 1);
      }
    }
    return OptionalInt.empty();
  }

  private byte[] bytes(Group values) {
    if (values.getFieldRepetitionCount(part.column()) == 0) {
      throw new InputException(where() + " has no " + quoted() + "; leave such rows out.");
    }
    // A length that is damaged must not be taken from the heap before it is compared
    ByteBuffer text = values.getBinary(part.column(), 0).toByteBuffer();
    byte[] bytes = new byte[text.remaining()];
    text.get(bytes);
    return bytes;
  }

  /** Parquet takes as much memory as a file says that its columns need. */
  private void requireInside(BlockMetaData rowGroup) throws IOException {
    for (ColumnChunkMetaData chunk : rowGroup.getColumns()) {
      long from = chunk.getStartingPos();
      long size = chunk.getTotalSize();
      if (from < 0 || size < 0 || size > input.getLength() - from) {
        throw new IOException("a column of " + size + " bytes is not all in the file");
      }
    }
  }

  private String quoted() {
    return '"' + part.column() + '"';
  }

  private String where() {
    return path + ", row " + (firstRow + row) + ",";
  }

  /** Parquet tells a damaged file by exceptions of all kinds. */
  private <T> T guarded(Callable<T> step) {
    try {
      return step.call();
    } catch (InputException refused) {
      throw refused;
    } catch (Exception failure) {
      if (input.failure() != null) {
        throw new UncheckedIOException(path + " could not be read", input.failure());
      }
      throw new InputException(
          path
              + " is not a readable Parquet file ("
              + Reason.of(failure)
              + "); make or copy it again.",
          failure);
    }
  }

  @Override
  public void close() {
    try (source) {
      if (file != null) {
        file.close();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be closed", failure);
    }
  }
}
