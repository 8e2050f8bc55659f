package org.llmsurgeon.checkpoint.arrow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.DictionaryUtility;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.SourceChannel;

/**
 * The record batches of an Arrow IPC file or stream, one after the other: a file is a stream
 * between two marks, with a footer that is not needed for this. Whatever is wrong with the bytes is
 * an {@link InputException} that names the file, and no more memory is taken than a sound file of
 * its length needs.
 */
public final class ArrowBatches implements AutoCloseable {
  private static final byte[] MARK = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int FILE_START = 8;
  private static final int CONTINUATION = -1;
  private static final long ALLOWANCE = 64L << 20;

  private final ByteSource source;
  private final BufferAllocator allocator;
  private final Map<Long, Dictionary> dictionaries = new TreeMap<>();
  private boolean isFile;
  private Schema schema;
  private VectorSchemaRoot root;
  private long position;
  private long firstRow;
  private long rows;
  private boolean malformed;

  /** A message: what it says of itself, and where its body lies. */
  private record Announced(long start, Message message, long body) {
    long end() {
      return body + message.bodyLength();
    }
  }

  /**
   * Opens a file and reads its schema.
   *
   * @param source the file; closed with this, and also when this fails
   */
  public ArrowBatches(ByteSource source) {
    this.source = source;
    this.allocator = ArrowMemory.allocator(2 * source.length() + ALLOWANCE);
    try {
      guarded(this::readSchema);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /** Columns and text pairs. */
  public Schema schema() {
    return schema;
  }

  /** A column, or null where there is none of that name. */
  public Field column(String name) {
    return schema.getFields().stream()
        .filter(each -> name.equals(each.getName()))
        .findFirst()
        .orElse(null);
  }

  /** The current batch. */
  public VectorSchemaRoot batch() {
    return root;
  }

  /** Rows before the current batch. */
  public long firstRow() {
    return firstRow;
  }

  /** Goes to the next batch; false at the end. */
  public boolean next() {
    return next(0, Long.MAX_VALUE);
  }

  /**
   * Goes to the next batch that begins in a part of the file; false if there is none.
   *
   * @param from first byte
   * @param to byte after the last
   */
  public boolean next(long from, long to) {
    return guarded(() -> load(from, to));
  }

  /** Runs a step and says in one sentence what is wrong with the file if it fails. */
  public <T> T guarded(Callable<T> step) {
    try {
      return step.call();
    } catch (InputException refused) {
      throw refused;
    } catch (Exception failure) {
      malformed = true;
      throw new InputException(
          source.name()
              + " is not a readable Arrow IPC file or stream ("
              + Reason.of(failure)
              + "); write it again",
          failure);
    }
  }

  /** What is wrong with this file, for the user. */
  public InputException refuse(String what) {
    return new InputException(source.name() + " " + what + "; write it again");
  }

  private Void readSchema() throws IOException {
    isFile = source.length() >= MARK.length && startsWithMark(0);
    if (isFile && !startsWithMark(source.length() - MARK.length)) {
      throw new InputException(source.name() + " is cut off: it has no end; copy it again");
    }
    position = isFile ? FILE_START : 0;
    Announced first = announced();
    if (first == null || first.message.headerType() != MessageHeader.Schema) {
      throw new IOException("it does not begin with a schema");
    }
    Schema stored = MessageSerializer.deserializeSchema(first.message);
    List<Field> fields = new ArrayList<>();
    for (Field each : stored.getFields()) {
      fields.add(DictionaryUtility.toMemoryFormat(each, allocator, dictionaries));
    }
    schema = new Schema(fields, stored.getCustomMetadata());
    position = first.end();
    root = VectorSchemaRoot.create(schema, allocator);
    return null;
  }

  private boolean startsWithMark(long at) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(MARK.length);
    source.read(at, bytes);
    return ByteBuffer.wrap(MARK).equals(bytes.flip());
  }

  private boolean load(long from, long to) throws IOException {
    while (true) {
      Announced next = announced();
      if (next == null || next.start >= to) {
        return false;
      }
      position = next.end();
      // Columns in dictionaries are not among those that are read.
      if (next.message.headerType() != MessageHeader.RecordBatch) {
        continue;
      }
      RecordBatch head = (RecordBatch) next.message.header(new RecordBatch());
      if (head.length() < 0 || head.length() > Integer.MAX_VALUE) {
        throw new IOException("a batch is said to have " + head.length() + " rows");
      }
      firstRow = rows;
      rows += head.length();
      if (next.start < from) {
        continue;
      }
      if (head.compression() != null) {
        throw new InputException(
            source.name() + " is compressed inside; write it without compression");
      }
      loadBody(next);
      return true;
    }
  }

  private void loadBody(Announced batch) throws IOException {
    SourceChannel channel = new SourceChannel(source);
    channel.position(batch.body);
    ArrowBuf body =
        MessageSerializer.readMessageBody(
            new ReadChannel(channel), batch.message.bodyLength(), allocator);
    try (ArrowRecordBatch read = MessageSerializer.deserializeRecordBatch(batch.message, body)) {
      new VectorLoader(root).load(read);
    }
  }

  /** The message at the current place; null at the end. */
  private Announced announced() throws IOException {
    long at = position;
    if (!isFile && at == source.length()) {
      return null;
    }
    int length = number(at);
    at += Integer.BYTES;
    // Before version 0.15 nothing stood before the length.
    if (length == CONTINUATION) {
      length = number(at);
      at += Integer.BYTES;
    }
    if (length == 0) {
      return null;
    }
    if (length < 0 || length > source.length() - at) {
      throw new IOException("it is cut off, or no Arrow at all");
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    source.read(at, bytes);
    Message message = Message.getRootAsMessage(bytes.flip());
    long body = at + length;
    if (message.bodyLength() < 0 || message.bodyLength() > source.length() - body) {
      throw new IOException("it is cut off: a batch goes beyond its end");
    }
    return new Announced(position, message, body);
  }

  private int number(long at) throws IOException {
    if (at + Integer.BYTES > source.length()) {
      throw new IOException("it is cut off, or no Arrow at all");
    }
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.read(at, bytes);
    return bytes.flip().getInt();
  }

  /**
   * {@inheritDoc} After Arrow failed on a malformed file it may have lost buffers: the allocator is
   * not asked to account for them.
   */
  @Override
  public void close() {
    try (source) {
      if (root != null) {
        root.close();
      }
      dictionaries.values().forEach(each -> each.getVector().close());
      if (!malformed) {
        allocator.close();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(source.name() + " could not be closed", failure);
    }
  }
}
