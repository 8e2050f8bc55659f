package org.llmsurgeon.checkpoint.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The bytes of one file, read from any position. Several threads may read at once; the file must
 * not change while it is open.
 */
public interface ByteSource extends Closeable {
  /** The file's path or address, for messages. */
  String name();

  /** Length in bytes. */
  long length();

  /**
   * Fills the target from its position to its limit.
   *
   * @param position first byte of the file to read
   * @param target filled completely; its position ends at its limit
   * @throws java.io.EOFException if the file ends before the target is full
   * @throws IOException if the bytes cannot be read
   */
  void read(long position, ByteBuffer target) throws IOException;

  /**
   * A read-only, little-endian view of a part of the file without a copy. The view stays valid
   * after this source is closed, until it is given back itself.
   *
   * @param position first byte of the file
   * @param length bytes, at most 2^31 - 1
   * @return the view, or empty where the file cannot be mapped: then use {@link #read}
   */
  default Optional<MappedBytes> map(long position, long length) {
    return Optional.empty();
  }
}
