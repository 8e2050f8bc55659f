package org.llmsurgeon.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.survey.NetworkTensors;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * Which weights of a model are not zero, as a file beside it: for each stored matrix of linear
 * layers a tensor of its name, U8 {@code [out, ceil(in / 8)]}, a bit for each weight, the first in
 * the highest bit, as {@code numpy.packbits(weight != 0, axis=-1)} gives it.
 */
final class MaskFile {
  /** Its name. It must not end as weight files do, or programs would load it as such. */
  static final String NAME = "pruning_mask.safetensors" + FolderFiles.MASK;

  private MaskFile() {}

  /**
   * Writes it, a layer at a time.
   *
   * @param folder the model
   * @param config its configuration
   * @param storage where to
   * @param path the folder to write to
   * @param device reads the weights
   */
  static void write(
      ModelFolder folder, ModelConfig config, Storage storage, String path, Device device) {
    NetworkTensors tensors = new NetworkTensors(folder, config);
    Set<String> names = new LinkedHashSet<>();
    config.linears().forEach(shape -> names.add(tensors.stored(shape.weightName())));
    SafetensorsLayout layout = new SafetensorsLayout();
    for (String name : names) {
      long[] shape = folder.entry(name).shape();
      shape[shape.length - 1] = (shape[shape.length - 1] + 7) / 8;
      layout.add(name, DataType.U8, shape);
    }
    String to = Storage.child(path, NAME);
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, storage.create(to), to)) {
      for (String name : names) {
        try (Tensor weight = folder.load(name, device)) {
          writer.write(name, bits(weight, device));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(to + " could not be written", e);
    }
  }

  private static byte[] bits(Tensor weight, Device device) {
    int width = (weight.columns() + 7) / 8;
    byte[] bits = new byte[Math.multiplyExact(weight.rows(), width)];
    float[] row = new float[weight.columns()];
    for (int i = 0; i < weight.rows(); i++) {
      device.download(weight, (long) i * row.length, row, 0, row.length);
      for (int j = 0; j < row.length; j++) {
        if (row[j] != 0) {
          bits[i * width + j / 8] |= (byte) (0x80 >> j % 8);
        }
      }
    }
    return bits;
  }
}
