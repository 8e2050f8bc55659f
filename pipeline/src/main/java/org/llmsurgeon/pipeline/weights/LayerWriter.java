package org.llmsurgeon.pipeline.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.Checksum;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.operate.LayerReport;
import org.llmsurgeon.surgery.operate.LayerWeight;

/** Writes new weights of a layer into the run directory. */
public final class LayerWriter {
  private LayerWriter() {}

  /**
   * A layer's weight with its module name.
   *
   * @param layer module name
   * @param weight weight and bias
   */
  public record Named(String layer, LayerWeight weight) {}

  /**
   * Writes a file of {@code <layer>.weight} and {@code <layer>.bias} in F32.
   *
   * @param run run directory
   * @param path a name that nothing has, relative
   * @param cut what is gone of the layer
   * @param named the weight
   */
  public static LayerFile write(RunDirectory run, String path, LayerReport cut, Named named) {
    Checksum.Writer out = new Checksum.Writer(run.create(path));
    write(named.layer(), named.weight(), out, run.resolve(path));
    return new LayerFile(named.layer(), path, out.length(), out.take(), cut);
  }

  private static void write(String layer, LayerWeight weight, Checksum.Writer out, String file) {
    Device device = ExecutorDevice.shared();
    int outputs = weight.weight().rows();
    SafetensorsLayout layout =
        new SafetensorsLayout()
            .add(layer + ".weight", DataType.F32, outputs, weight.weight().columns());
    if (weight.bias() != null) {
      layout.add(layer + ".bias", DataType.F32, outputs);
    }
    try (SafetensorsWriter writer = new SafetensorsWriter(layout, out, file)) {
      writer.write(layer + ".weight", weight.weight(), device);
      if (weight.bias() != null) {
        writer.write(layer + ".bias", weight.bias(), device);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file + " could not be written", failure);
    }
  }
}
