package org.llmsurgeon.pipeline.analyse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pruning.layer.StructureCosts;

/**
 * Writes costs as safetensors: {@code <layer>.row} {@code [out]} and {@code <layer>.column} {@code
 * [in]}, the bias last, in F32; {@code <layer>.element} {@code [out, in]} where asked for.
 */
public final class CostExport {
  private final Storage storage;
  private final List<StructureCosts> costs;
  private final List<String> elements;

  /**
   * An export.
   *
   * @param storage where the files are
   * @param costs costs of all layers
   * @param elements of each layer a file of {@link ElementCostTask}; empty where single weights are
   *     not asked for
   */
  public CostExport(Storage storage, List<StructureCosts> costs, List<String> elements) {
    this.storage = storage;
    this.costs = costs;
    this.elements = elements;
  }

  /** What the file will hold. */
  public SafetensorsLayout layout() {
    SafetensorsLayout layout = new SafetensorsLayout();
    for (int i = 0; i < costs.size(); i++) {
      StructureCosts layer = costs.get(i);
      layout.add(layer.layer() + ".row", DataType.F32, layer.rows().length);
      layout.add(layer.layer() + ".column", DataType.F32, layer.columns().length);
      if (!elements.isEmpty()) {
        try (Safetensors file = Safetensors.open(storage.open(elements.get(i)))) {
          layout.add(
              layer.layer() + ".element", DataType.F32, file.entry(ElementCostTask.TENSOR).shape());
        } catch (IOException failure) {
          throw new UncheckedIOException(elements.get(i) + " could not be read", failure);
        }
      }
    }
    return layout;
  }

  /**
   * Writes all costs.
   *
   * @param writer a file with their layout
   */
  public void write(SafetensorsWriter writer) throws IOException {
    for (int i = 0; i < costs.size(); i++) {
      StructureCosts layer = costs.get(i);
      write(writer, layer.layer() + ".row", layer.rows());
      write(writer, layer.layer() + ".column", layer.columns());
      if (!elements.isEmpty()) {
        Device device = ExecutorDevice.shared();
        try (Safetensors file = Safetensors.open(storage.open(elements.get(i)));
            Tensor all = file.load(ElementCostTask.TENSOR, device)) {
          writer.write(layer.layer() + ".element", all, device);
        }
      }
    }
  }

  private static void write(SafetensorsWriter writer, String name, double[] values)
      throws IOException {
    Device device = ExecutorDevice.shared();
    try (Tensor row = device.tensor(Precision.DOUBLE, 1, values.length, values)) {
      writer.write(name, row, device);
    }
  }
}
