package org.llmsurgeon.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes a model folder like another one with some tensors replaced: the same weight files with the
 * same headers, so the same names, order and dtypes; tensors that are not replaced, the index, the
 * config, tokenizer and other files byte for byte. Weights in other formats, hidden files, folders
 * and an earlier {@code pruning_report.json} are left out.
 *
 * <p>The folder is filled file by file, weights last. Write to a name that nobody reads and publish
 * it when {@link #write} has returned.
 */
public final class ModelFolderWriter {
  private final ModelFolder source;
  private final Storage storage;
  private final String path;

  /**
   * @param source the folder to follow
   * @param storage where to write
   * @param path the new folder; none of the files exists in it
   */
  public ModelFolderWriter(ModelFolder source, Storage storage, String path) {
    this.source = source;
    this.storage = storage;
    this.path = path;
  }

  /**
   * Writes the folder.
   *
   * @param replaced names of the tensors to take from {@code tensors}; all are in the source
   * @param tensors their new values, asked for one at a time in the order of the files, each closed
   *     before the next
   * @param device where these tensors live
   * @throws ArithmeticException naming file and tensor if a new value is NaN or infinite
   * @throws org.llmsurgeon.InputException naming file and tensor if a new value is beyond the range
   *     of the tensor's dtype
   */
  public void write(Set<String> replaced, TensorSource tensors, Device device) {
    for (String name : replaced) {
      if (!source.contains(name)) {
        throw new IllegalArgumentException(source.path() + " has no tensor " + name);
      }
    }
    for (String name : source.storage().list(source.path())) {
      if (FolderFiles.isCompanion(name) || (name.equals(ShardIndex.NAME) && source.isSharded())) {
        copyFile(name);
      }
    }
    source
        .shards()
        .forEach(
            (name, shard) -> writeShard(name, shard, new Replacement(replaced, tensors, device)));
  }

  private void copyFile(String name) {
    String from = Storage.child(source.path(), name);
    String to = Storage.child(path, name);
    try (ByteSource bytes = source.storage().open(from);
        OutputStream out = storage.create(to)) {
      SourceChannel.copy(bytes, out);
    } catch (IOException e) {
      throw new UncheckedIOException(from + " could not be copied to " + to, e);
    }
  }

  private void writeShard(String name, Safetensors shard, Replacement replacement) {
    String to = Storage.child(path, name);
    SafetensorsLayout layout = SafetensorsLayout.of(shard);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, storage.create(to), to)) {
      for (String tensor : layout.entries().keySet()) {
        if (replacement.names.contains(tensor)) {
          try (Tensor values = replacement.tensors.load(tensor)) {
            writer.write(tensor, values, replacement.device);
          }
        } else {
          writer.copy(tensor, shard);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(to + " could not be written", e);
    }
  }

  /** What {@link #write} was given. */
  private record Replacement(Set<String> names, TensorSource tensors, Device device) {}
}
