package org.llmsurgeon.checkpoint.folder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Writes a model folder like another one in which tensors are cut, taken apart, left out or have
 * other values: weight files of the same names, with the tensors in the same order and dtypes; the
 * index anew; the tokenizer and other files byte for byte. What goes is never in memory as a whole:
 * a few MiB of one tensor at a time.
 *
 * <p>The folder is filled file by file, weights last. Write to a name that nobody reads and publish
 * it when {@link #write} has returned.
 */
public final class EditedFolderWriter {
  private final ModelFolder source;
  private final FolderOutput output;

  /**
   * A writer.
   *
   * @param source the folder to follow
   * @param storage where to write
   * @param path the new folder; none of the files exists in it
   */
  public EditedFolderWriter(ModelFolder source, Storage storage, String path) {
    this.source = source;
    this.output = new FolderOutput(storage, path);
  }

  /**
   * Writes the folder.
   *
   * @param edits what becomes of tensors, by their names; all others stay as they are
   * @param files content of files that take the place of those of the source, or are new; null for
   *     one that is left out
   * @param device where values are rounded
   */
  public void write(Map<String, TensorEdit> edits, SortedMap<String, byte[]> files, Device device) {
    for (String name : edits.keySet()) {
      source.entry(name);
    }
    for (String name : source.storage().list(source.path())) {
      if (FolderFiles.isCompanion(name) && !files.containsKey(name)) {
        output.copy(source, name);
      }
    }
    files.forEach(
        (name, bytes) -> {
          if (bytes != null) {
            output.write(name, bytes);
          }
        });
    Map<String, SafetensorsLayout> layouts = new LinkedHashMap<>();
    source
        .shards()
        .forEach(
            (file, shard) -> {
              SafetensorsLayout layout = layout(shard, edits);
              if (!layout.entries().isEmpty()) {
                layouts.put(file, layout);
              }
            });
    if (source.isSharded()) {
      output.write(ShardIndex.NAME, ShardIndex.of(layouts));
    }
    layouts.forEach((file, layout) -> writeShard(file, layout, edits, device));
  }

  private static SafetensorsLayout layout(Safetensors shard, Map<String, TensorEdit> edits) {
    SafetensorsLayout layout = new SafetensorsLayout();
    new TreeMap<>(shard.metadata()).forEach(layout::metadata);
    for (TensorEntry entry : SafetensorsLayout.of(shard).entries().values()) {
      TensorEdit edit = edits.get(entry.name());
      TensorEdit.Cut cut = TensorEdit.cut(edit);
      if (edit instanceof TensorEdit.Parted parted) {
        parted
            .parts()
            .forEach(
                part ->
                    layout.add(
                        part.name(), entry.dtype(), part.rows().length, part.columns().length));
      } else if (cut != null) {
        layout.add(name(entry.name(), edit), entry.dtype(), shape(entry, cut));
        cut.indices().forEach((name, index) -> layout.add(name, DataType.I32, index.length));
      } else if (!(edit instanceof TensorEdit.Dropped)) {
        layout.add(name(entry.name(), edit), entry.dtype(), entry.shape());
      }
    }
    return layout;
  }

  private static String name(String tensor, TensorEdit edit) {
    return edit instanceof TensorEdit.Renamed renamed ? renamed.name() : tensor;
  }

  private static long[] shape(TensorEntry entry, TensorEdit.Cut cut) {
    long[] shape = entry.shape();
    if (cut.columns() != null) {
      shape[shape.length - 1] = cut.columns().length;
    }
    if (cut.rows() != null) {
      shape[0] = cut.rows().length;
    }
    return shape;
  }

  private void writeShard(
      String file, SafetensorsLayout layout, Map<String, TensorEdit> edits, Device device) {
    Safetensors shard = source.shards().get(file);
    String to = output.child(file);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, output.create(file), to)) {
      for (TensorEntry entry : SafetensorsLayout.of(shard).entries().values()) {
        writeTensor(entry.name(), shard, writer, edits.get(entry.name()), device);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(to + " could not be written", e);
    }
  }

  private static void writeTensor(
      String tensor, Safetensors shard, SafetensorsWriter writer, TensorEdit edit, Device device)
      throws IOException {
    TensorEdit.Cut cut = TensorEdit.cut(edit);
    if (edit instanceof TensorEdit.Parted parted) {
      for (TensorEdit.Part part : parted.parts()) {
        writer.copyLines(part.name(), shard, tensor, part.rows(), part.columns());
      }
    } else if (cut != null) {
      writer.copy(name(tensor, edit), shard, tensor, cut.rows(), cut.columns());
      for (Map.Entry<String, int[]> each : cut.indices().entrySet()) {
        writer.write(each.getKey(), new int[][] {each.getValue()});
      }
    } else if (edit instanceof TensorEdit.Replaced replaced) {
      TensorEntry entry = shard.entry(tensor);
      int rows = Math.toIntExact(entry.rows());
      int columns = Math.toIntExact(entry.columns());
      try (Tensor values = device.tensor(Precision.DOUBLE, rows, columns, replaced.values())) {
        writer.write(tensor, values, device);
      }
    } else if (!(edit instanceof TensorEdit.Dropped)) {
      writer.copy(name(tensor, edit), shard, tensor);
    }
  }
}
