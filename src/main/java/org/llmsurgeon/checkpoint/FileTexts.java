package org.llmsurgeon.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.llmsurgeon.InputException;

/** Plain text and JSON lines, also with gzip. */
public final class FileTexts implements TextSource {
  private static final int BUFFER = 1 << 16;

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
      case LINES -> new JsonLinesReader(storage.open(part.path()), part);
      case PARQUET ->
          throw new InputException(
              part.path() + " is Parquet, which is not read here; give .txt or .jsonl files");
    };
  }

  /**
   * Bytes of a file's text.
   *
   * @param source the file; closed with the stream
   * @param from first byte; 0 where the file is compressed
   * @param to byte after the last; of no use where the file is compressed
   */
  static InputStream bytes(ByteSource source, long from, long to) {
    if (!TextFormat.isCompressed(source.name())) {
      return new SourceStream(source, from, to);
    }
    InputStream compressed = new SourceStream(source, 0, source.length());
    try {
      return new GZIPInputStream(compressed, BUFFER);
    } catch (IOException failure) {
      try (compressed) {
        throw unreadable(source.name(), failure);
      } catch (IOException closing) {
        throw new UncheckedIOException(source.name() + " could not be closed", closing);
      }
    }
  }

  /**
   * What a failure to read means.
   *
   * @param path the file
   * @param failure what happened
   */
  static RuntimeException unreadable(String path, IOException failure) {
    boolean damaged = failure instanceof ZipException || failure instanceof EOFException;
    if (damaged && TextFormat.isCompressed(path)) {
      return new InputException(
          path + " is no whole gzip file (" + failure.getMessage() + "); make or copy it again",
          failure);
    }
    return new UncheckedIOException(path + " could not be read", failure);
  }
}
