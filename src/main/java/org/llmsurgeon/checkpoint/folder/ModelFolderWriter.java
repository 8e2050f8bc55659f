package org.llmsurgeon.checkpoint.folder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes a model folder like another one with some tensors replaced: the same weight files with the
 * same headers, so the same names, order and dtypes; tensors that are not replaced, the index, the
 * config, tokenizer and other files byte for byte. Where the other one stores only some lines of
 * its matrices, this one has all of them, see {@link IndexedTensors}. Weights in other formats,
 * hidden files, folders and an earlier {@code pruning_report.json} are left out.
 *
 * <p>The folder is filled file by file, weights last. Write to a name that nobody reads and publish
 * it when {@link #write} has returned.
 */
public final class ModelFolderWriter {
  private final ModelFolder source;
  private final FolderOutput output;

  /**
   * @param source the folder to follow
   * @param storage where to write
   * @param path the new folder; none of the files exists in it
   */
  public ModelFolderWriter(ModelFolder source, Storage storage, String path) {
    this.source = source;
    this.output = new FolderOutput(storage, path);
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
    Map<String, SafetensorsLayout> layouts = new LinkedHashMap<>();
    source.shards().forEach((name, shard) -> layouts.put(name, layout(shard)));
    boolean expanded = !source.indexed().isEmpty();
    for (String name : source.storage().list(source.path())) {
      if (expanded && name.equals(FolderFiles.CONFIG)) {
        output.write(name, source.expandedConfig());
      } else if (FolderFiles.isCompanion(name) && !(expanded && name.endsWith(".py"))) {
        output.copy(source, name);
      } else if (name.equals(ShardIndex.NAME) && source.isSharded()) {
        if (expanded) {
          output.write(name, ShardIndex.of(layouts));
        } else {
          output.copy(source, name);
        }
      }
    }
    Replacement replacement = new Replacement(replaced, tensors, device);
    layouts.forEach((name, layout) -> writeShard(name, layout, replacement));
  }

  /** The layout of a shard; where only some lines of its matrices are stored, with all of them. */
  private SafetensorsLayout layout(Safetensors shard) {
    SafetensorsLayout own = SafetensorsLayout.of(shard);
    if (source.indexed().isEmpty()) {
      return own;
    }
    SafetensorsLayout layout = new SafetensorsLayout();
    own.metadata().forEach(layout::metadata);
    for (TensorEntry entry : own.entries().values()) {
      if (source.indexed().contains(entry.name())) {
        int[] shape = source.shape(entry.name());
        layout.add(entry.name(), entry.dtype(), shape[0], shape[1]);
      } else if (!source.indexed().isIndex(entry.name())) {
        layout.add(entry.name(), entry.dtype(), entry.shape());
      }
    }
    return layout;
  }

  private void writeShard(String name, SafetensorsLayout layout, Replacement replacement) {
    Safetensors shard = source.shards().get(name);
    String to = output.child(name);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, output.create(name), to)) {
      for (String tensor : layout.entries().keySet()) {
        if (replacement.names.contains(tensor)) {
          try (Tensor values = replacement.tensors.load(tensor)) {
            writer.write(tensor, values, replacement.device);
          }
        } else if (source.indexed().contains(tensor)) {
          try (Tensor values = source.load(tensor, replacement.device)) {
            writer.write(tensor, values, replacement.device);
          }
        } else {
          writer.copy(tensor, shard, tensor);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(to + " could not be written", e);
    }
  }

  /** What {@link #write} was given. */
  private record Replacement(Set<String> names, TensorSource tensors, Device device) {}
}
