package org.llmsurgeon.checkpoint.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.Compression;
import org.llmsurgeon.checkpoint.storage.DecodedStream;
import org.llmsurgeon.checkpoint.storage.SourceStream;
import org.llmsurgeon.checkpoint.storage.Storage;

/** Plain text, JSON and Arrow; all but Arrow also compressed. */
public final class FileTexts implements TextSource {
  private final Storage storage;

  /**
   * Files of a file system.
   *
   * @param storage where the files are
   */
  public FileTexts(Storage storage) {
    this.storage = storage;
  }

  @Override
  public TextReader open(TextPart part) {
    return switch (TextFormat.of(part.path())) {
      case PLAIN -> new PlainTextReader(storage.open(part.path()), part);
      case LINES ->
          beginsAnArray(part.path())
              ? new JsonArrayReader(whole(part.path()), part)
              : new JsonLinesReader(storage.open(part.path()), part);
      case ARROW -> new ArrowTextReader(storage.open(part.path()), part);
      case PARQUET ->
          throw new InputException(
              part.path() + " is Parquet, which is not read here; give .txt or .jsonl files");
    };
  }

  private InputStream whole(String path) {
    ByteSource source = storage.open(path);
    return bytes(source, 0, source.length());
  }

  /** Whether the first character that is no blank opens an array. */
  private boolean beginsAnArray(String path) {
    try (InputStream bytes = whole(path)) {
      int first = bytes.read();
      // A byte order mark may come before.
      while (first == ' ' || first == '\n' || first == '\r' || first == '\t' || isMark(first)) {
        first = bytes.read();
      }
      return first == '[';
    } catch (IOException failure) {
      throw unreadable(path, failure);
    }
  }

  private static boolean isMark(int value) {
    return value == 0xef || value == 0xbb || value == 0xbf;
  }

  /**
   * Bytes of a file's text.
   *
   * @param source the file; closed with the stream
   * @param from first byte; 0 where the file is compressed
   * @param to byte after the last; of no use where the file is compressed
   */
  static InputStream bytes(ByteSource source, long from, long to) {
    Optional<Compression> compression = Compression.of(source.name());
    if (compression.isEmpty()) {
      return new SourceStream(source, from, to);
    }
    try {
      return new DecodedStream(source, compression.get());
    } catch (IOException failure) {
      throw unreadable(source.name(), failure);
    }
  }

  /**
   * What a failure to read means: the file itself is not at fault.
   *
   * @param path the file
   * @param failure what happened
   */
  static RuntimeException unreadable(String path, IOException failure) {
    return new UncheckedIOException(path + " could not be read", failure);
  }
}
