package org.llmsurgeon.pipeline.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.UUID;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * Finds out whether a result can be written before any work is done for it, by making a file where
 * it will lie: permissions alone do not tell (a disk that is mounted to be read, {@code /proc}).
 */
public final class WriteProbe {
  private static final String NAME = ".surgeon-probe-";

  private WriteProbe() {}

  /**
   * Whether a file is one of these, as a process leaves it that dies at that moment.
   *
   * @param name of the file, without its folder
   */
  public static boolean isProbe(String name) {
    return name.startsWith(NAME);
  }

  /**
   * Throws if no file can be made in a folder. What is made to find out goes again.
   *
   * @param storage the file systems
   * @param folder absolute path of the folder, which need not be there
   * @param what the user's word for what would lie there, which begins the sentence
   * @throws InputException if it cannot be written
   */
  public static void require(HadoopStorage storage, String folder, String what) {
    MissingFolders missing = MissingFolders.of(storage, folder);
    String file = Storage.child(folder, NAME + UUID.randomUUID());
    try {
      storage.create(file).close();
      storage.delete(file, false);
    } catch (IOException | UncheckedIOException | InputException failure) {
      throw new InputException(
          what
              + " cannot be written ("
              + reason(failure)
              + "); choose a place in which files can be made.",
          failure);
    } finally {
      missing.deleteEmpty();
    }
  }

  /**
   * As {@link #require}, of the folder of a file.
   *
   * @param storage the file systems
   * @param file absolute path of the file
   * @param what the user's word for it, which begins the sentence
   * @throws InputException if it cannot be written, or is a folder
   */
  public static void requireFile(HadoopStorage storage, String file, String what) {
    if (storage.isFolder(file)) {
      throw new InputException(what + " is a folder; give a file.");
    }
    require(storage, file.substring(0, Math.max(1, file.lastIndexOf('/'))), what);
  }

  private static String reason(Exception failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof NoSuchFileException ? "no folder can be made there" : Reason.of(cause);
  }
}
