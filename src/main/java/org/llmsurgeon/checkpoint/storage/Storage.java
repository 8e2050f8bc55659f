package org.llmsurgeon.checkpoint.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.llmsurgeon.InputException;

/**
 * A file system, addressed by plain paths or URIs. Implementations may be used by several threads.
 *
 * <p>A path that is missing, of the wrong kind or not readable gives an {@link InputException} that
 * names it; any other failure an {@link UncheckedIOException}.
 */
public interface Storage {
  /**
   * Opens a file for reading.
   *
   * @param path an existing file
   */
  ByteSource open(String path);

  /**
   * Creates a file, and the folders above it, and opens it for writing. Where two create the same
   * path at once, one of them fails: that makes a small file a commit record. Bytes become visible
   * to others as the file system pleases, at the latest when the stream is closed; a writer that
   * fails midway leaves a half file. So write under a name that nobody reads, and publish that name
   * when the file is whole.
   *
   * @param path a file that does not exist
   * @throws UncheckedIOException whose cause is a {@link java.nio.file.FileAlreadyExistsException}
   *     if the path exists
   */
  OutputStream create(String path);

  /**
   * Whether a file or folder is there.
   *
   * @param path any path
   */
  boolean exists(String path);

  /**
   * Names of the files directly in a folder, without the folders in it.
   *
   * @param folder an existing folder
   * @return plain names, sorted
   */
  List<String> list(String folder);

  /**
   * Deletes a file or folder; does nothing where there is none.
   *
   * @param path any path
   * @param recursive whether a folder may be deleted with all it holds; links in it are deleted,
   *     not followed. If false, a folder must be empty
   */
  void delete(String path, boolean recursive);

  /**
   * Length of a file in bytes.
   *
   * @param path an existing file
   */
  long length(String path);

  /**
   * The whole content of a file that fits in memory.
   *
   * @param path an existing file of less than 2 GiB
   */
  default byte[] readBytes(String path) {
    try (ByteSource source = open(path)) {
      if (source.length() > Integer.MAX_VALUE - 8) {
        throw new InputException(
            path + " has " + source.length() + " bytes; split it into files below 2 GiB");
      }
      byte[] bytes = new byte[(int) source.length()];
      source.read(0, ByteBuffer.wrap(bytes));
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(path + " could not be read", e);
    }
  }

  /**
   * The path of something in a folder.
   *
   * @param folder path or URI of a folder
   * @param name plain name in it
   */
  static String child(String folder, String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }
}
