package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Writes small Parquet files. */
public final class ParquetFiles {
  /** As Spark and pandas write a column of strings. */
  static final String STRINGS =
      "message schema { optional int64 id; optional binary text (STRING); }";

  private ParquetFiles() {}

  /**
   * Writes texts, a row group for every hundred.
   *
   * @param file a new file
   * @param texts the column; null for no value
   */
  public static String write(Path file, List<String> texts) throws IOException {
    return write(
        file, STRINGS, texts.stream().map(t -> t == null ? null : Binary.fromString(t)).toList());
  }

  /**
   * Writes rows.
   *
   * @param file a new file
   * @param schema with a column of numbers first
   * @param values of the second column, where the schema has one
   */
  public static String write(Path file, String schema, List<Binary> values) throws IOException {
    List<Consumer<Group>> rows = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      long number = i;
      Binary value = values.get(i);
      rows.add(
          group -> {
            group.add(0, number);
            if (group.getType().getFieldCount() > 1 && value != null) {
              group.add(1, value);
            }
          });
    }
    return writeRows(file, schema, rows);
  }

  /**
   * Writes rows.
   *
   * @param file a new file
   * @param schema of the rows
   * @param rows what fills each
   */
  static String writeRows(Path file, String schema, List<Consumer<Group>> rows) throws IOException {
    MessageType type = MessageTypeParser.parseMessageType(schema);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(file.toUri()))
            .withType(type)
            .withRowGroupSize(3000L)
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .build()) {
      for (Consumer<Group> row : rows) {
        Group group = new SimpleGroup(type);
        row.accept(group);
        writer.write(group);
      }
    }
    return file.toString();
  }
}
