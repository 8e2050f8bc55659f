package org.llmsurgeon.pipeline;

import java.util.List;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.checkpoint.SafetensorsLayout;
import org.llmsurgeon.checkpoint.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.surgery.FactorKey;
import org.llmsurgeon.surgery.FactorPlan;
import org.llmsurgeon.surgery.FactorSource;

/**
 * Writes factors as safetensors: {@code <layer>.A} {@code [in, in]}, the bias last, and {@code
 * <layer>.G} {@code [out, out]}, of each layer, both with norm {@code sqrt(|A| |G|)}. Factors that
 * a curvature does not have are left out; a lone {@code A} is not balanced.
 */
final class FactorExport {
  private final List<LinearShape> layers;
  private final List<FactorKey> gathered;
  private final FactorSource factors;
  private final Device device = ExecutorDevice.shared();

  /**
   * An export.
   *
   * @param layers all prunable layers
   * @param gathered the factors that there are
   * @param factors where they are
   */
  FactorExport(List<LinearShape> layers, List<FactorKey> gathered, FactorSource factors) {
    this.layers = layers;
    this.gathered = gathered;
    this.factors = factors;
  }

  /** What the file will hold. */
  SafetensorsLayout layout() {
    SafetensorsLayout layout = new SafetensorsLayout();
    for (LinearShape layer : layers) {
      if (gathered.contains(FactorPlan.a(layer))) {
        layout.add(
            layer.name() + ".A", DataType.F32, layer.augmentedInputs(), layer.augmentedInputs());
      }
      if (gathered.contains(FactorPlan.g(layer))) {
        layout.add(layer.name() + ".G", DataType.F32, layer.outputs(), layer.outputs());
      }
    }
    return layout;
  }

  /**
   * Writes all factors.
   *
   * @param writer a file with this layout
   */
  void write(SafetensorsWriter writer) throws java.io.IOException {
    for (LinearShape layer : layers) {
      try (Tensor a = factors.load(FactorPlan.a(layer), device)) {
        if (!gathered.contains(FactorPlan.g(layer))) {
          writer.write(layer.name() + ".A", a, device);
          continue;
        }
        try (Tensor g = factors.load(FactorPlan.g(layer), device)) {
          writeBalanced(writer, layer.name(), new KroneckerFactors(a, g, factors.tokens()));
        }
      }
    }
  }

  private void writeBalanced(SafetensorsWriter writer, String layer, KroneckerFactors raw)
      throws java.io.IOException {
    KroneckerFactors balanced = raw.balanced(device);
    try (Tensor a = balanced.a();
        Tensor g = balanced.g()) {
      writer.write(layer + ".A", a, device);
      writer.write(layer + ".G", g, device);
    }
  }
}
