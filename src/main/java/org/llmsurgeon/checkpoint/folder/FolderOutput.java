package org.llmsurgeon.checkpoint.folder;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.SourceChannel;
import org.llmsurgeon.checkpoint.storage.Storage;

/**
 * A folder that is filled with files.
 *
 * @param storage where it is
 * @param path the folder
 */
record FolderOutput(Storage storage, String path) {
  /** Path or URI of a file in it. */
  String child(String name) {
    return Storage.child(path, name);
  }

  /** Opens a new file in it. */
  OutputStream create(String name) {
    return storage.create(child(name));
  }

  /** Copies a file of a model folder byte for byte. */
  void copy(ModelFolder source, String name) {
    String from = Storage.child(source.path(), name);
    try (ByteSource bytes = source.storage().open(from);
        OutputStream out = create(name)) {
      SourceChannel.copy(bytes, out);
    } catch (IOException e) {
      throw new UncheckedIOException(from + " could not be copied to " + child(name), e);
    }
  }

  /** Writes a whole file. */
  void write(String name, byte[] bytes) {
    try (OutputStream out = create(name)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(child(name) + " could not be written", e);
    }
  }
}
