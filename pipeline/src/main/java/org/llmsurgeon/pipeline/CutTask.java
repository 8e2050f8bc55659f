package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.checkpoint.SafetensorsLayout;
import org.llmsurgeon.checkpoint.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.surgery.CutLayer;
import org.llmsurgeon.surgery.LayerWeight;

/**
 * Removes what was selected of a layer, updates the rest and writes the new weight. Memory as in
 * {@link ScoreTask}.
 *
 * @param work what it needs
 */
record CutTask(LayerWork work) implements TaskFunction<LayerSelection, LayerFile> {
  @Override
  public LayerFile apply(LayerSelection selection, String attempt) {
    try (CutLayer cut = cut(selection)) {
      return write(cut, attempt);
    }
  }

  /** Writes a new weight into the run directory. */
  LayerFile write(CutLayer cut, String attempt) {
    String layer = cut.report().layer();
    String path =
        RunDirectory.inShot(work.shot(), "weights/" + layer + "-" + attempt + ".safetensors");
    RunDirectory run = work.directory();
    Checksum.Writer out = new Checksum.Writer(run.create(path));
    write(layer, cut.weight(), out, run.resolve(path));
    return new LayerFile(layer, path, out.length(), out.take(), LayerFile.Cut.of(cut.report()));
  }

  private CutLayer cut(LayerSelection selection) {
    return selection.elements() == null
        ? work.on(selection.layer(), task -> task.cut(selection.selection()))
        : work.onElements(selection.layer(), task -> task.cut(selection.elements().cuts()));
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
