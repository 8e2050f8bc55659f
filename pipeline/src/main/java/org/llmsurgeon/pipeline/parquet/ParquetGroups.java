package org.llmsurgeon.pipeline.parquet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
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
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.text.TextPart;

/**
 * Some columns of the row groups of a Parquet file that begin in a part of it, row by row. A row
 * group's columns are in memory at a time.
 */
final class ParquetGroups implements AutoCloseable {
  private final String path;
  private final TextPart part;
  private final ByteSource source;
  private final ParquetInput input;
  private ParquetFileReader file;
  private MessageType columns;
  private RecordReader<Group> rows;
  private int group;
  private long firstRow;
  private long row;
  private long rowCount;

  /**
   * Opens a part.
   *
   * @param source the file; closed with this
   * @param part which row groups
   * @param chosen says which columns of a file are read
   */
  ParquetGroups(ByteSource source, TextPart part, UnaryOperator<MessageType> chosen) {
    this.path = part.path();
    this.part = part;
    this.source = source;
    this.input = new ParquetInput(source);
    try {
      guarded(() -> open(chosen));
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  private Void open(UnaryOperator<MessageType> chosen) throws IOException {
    file =
        ParquetFileReader.open(
            input, ParquetReadOptions.builder().usePageChecksumVerification().build());
    columns = chosen.apply(file.getFooter().getFileMetaData().getSchema());
    file.setRequestedSchema(columns);
    return null;
  }

  /** The columns that are read. */
  MessageType columns() {
    return columns;
  }

  /** How many rows the file has, whatever is read of it. */
  long rowCount() {
    return file.getRecordCount();
  }

  /**
   * Goes on to a row, past row groups that end before it.
   *
   * @param wanted index of a row that {@link #next()} has not gone past; it gives that row then
   */
  void skipTo(long wanted) {
    guarded(() -> skip(wanted));
  }

  private Void skip(long wanted) throws IOException {
    if (wanted >= firstRow + rowCount) {
      row = rowCount;
      while (group < file.getRowGroups().size() && wanted >= firstRowOf(group + 1)) {
        group++;
      }
    }
    while (openGroup() && firstRow + row < wanted) {
      row++;
      rows.read();
    }
    return null;
  }

  /** The next row; null at the end. */
  Group next() {
    return guarded(this::nextRow);
  }

  private Group nextRow() throws IOException {
    if (!openGroup()) {
      return null;
    }
    row++;
    return rows.read();
  }

  /** Goes on to the next row group where one is at its end. */
  private boolean openGroup() throws IOException {
    while (row == rowCount) {
      OptionalInt next = nextGroup();
      if (next.isEmpty()) {
        return false;
      }
      BlockMetaData rowGroup = file.getRowGroups().get(next.getAsInt());
      if (rowGroup.getRowCount() == 0) {
        continue;
      }
      requireInside(rowGroup);
      PageReadStore pages = file.readRowGroup(next.getAsInt());
      rows =
          new ColumnIOFactory()
              .getColumnIO(columns)
              .getRecordReader(pages, new GroupRecordConverter(columns));
      firstRow = firstRowOf(next.getAsInt());
      row = 0;
      rowCount = pages.getRowCount();
    }
    return true;
  }

  /** Index in the file of the first row of a group. */
  private long firstRowOf(int rowGroup) {
    return file.getRowGroups().stream().limit(rowGroup).mapToLong(BlockMetaData::getRowCount).sum();
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

  /** Place of the row that was read last, for messages. */
  String where() {
    return path + ", row " + (firstRow + row) + ",";
  }

  /** Parquet tells a damaged file by exceptions of all kinds. */
  <T> T guarded(Callable<T> step) {
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
