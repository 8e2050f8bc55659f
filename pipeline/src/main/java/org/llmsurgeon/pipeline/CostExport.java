package org.llmsurgeon.pipeline;

import java.io.IOException;
import java.util.List;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.checkpoint.SafetensorsLayout;
import org.llmsurgeon.checkpoint.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pruning.StructureCosts;

/**
 * Writes costs as safetensors: {@code <layer>.row} {@code [out]} and {@code <layer>.column} {@code
 * [in]}, the bias last, in F32.
 */
final class CostExport {
  private CostExport() {}

  /**
   * What the file will hold.
   *
   * @param costs costs of all layers
   */
  static SafetensorsLayout layout(List<StructureCosts> costs) {
    SafetensorsLayout layout = new SafetensorsLayout();
    for (StructureCosts layer : costs) {
      layout.add(layer.layer() + ".row", DataType.F32, layer.rows().length);
      layout.add(layer.layer() + ".column", DataType.F32, layer.columns().length);
    }
    return layout;
  }

  /**
   * Writes all costs.
   *
   * @param costs costs of all layers
   * @param writer a file with their layout
   */
  static void write(List<StructureCosts> costs, SafetensorsWriter writer) throws IOException {
    for (StructureCosts layer : costs) {
      write(writer, layer.layer() + ".row", layer.rows());
      write(writer, layer.layer() + ".column", layer.columns());
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
