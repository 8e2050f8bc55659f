package org.llmsurgeon.pipeline.analyse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.cluster.Timed;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.WriteProbe;
import org.llmsurgeon.pipeline.run.Session;

/** Writes one safetensors file under another name and renames it when it is whole. */
public final class TensorExport {
  private TensorExport() {}

  /** Writes the tensors of a layout, in order. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all of them.
     *
     * @param writer takes them
     */
    void write(SafetensorsWriter writer) throws IOException;
  }

  /**
   * Throws if a file cannot be written, be it because something is there, or because it would lie
   * among the weights of a model, whose readers take every .safetensors file for some.
   *
   * @param storage where
   * @param path the file
   */
  public static void requireFree(HadoopStorage storage, String path) {
    String folder = path.substring(0, path.lastIndexOf('/'));
    if (storage.exists(Storage.child(folder, FolderFiles.CONFIG))) {
      throw new InputException(
          "%s would lie in the model folder %s; choose another --output.".formatted(path, folder));
    }
    if (storage.exists(path)) {
      throw new InputException(path + " exists; choose another --output, or delete it.");
    }
    WriteProbe.requireFile(storage, path, "The output " + path);
  }

  /**
   * Writes the file, as a stage.
   *
   * @param session the operation
   * @param path a free name
   * @param layout what it will hold
   * @param content writes that
   */
  public static void write(
      Session session, String path, SafetensorsLayout layout, Content content) {
    Timed.onDriver(
        session.progress(),
        StageName.of("write"),
        1,
        () -> {
          write(session.storage(), path, layout, content);
          session.progress().taskFinished();
          return path;
        });
  }

  private static void write(
      HadoopStorage storage, String path, SafetensorsLayout layout, Content content) {
    String partial = path + ".partial-" + UUID.randomUUID();
    try {
      try (SafetensorsWriter writer =
          new SafetensorsWriter(layout, storage.create(partial), partial)) {
        content.write(writer);
      } catch (IOException failure) {
        throw new UncheckedIOException(path + " could not be written", failure);
      }
      storage.rename(partial, path);
    } catch (RuntimeException failure) {
      storage.delete(partial, false);
      throw failure;
    }
  }
}
