package org.llmsurgeon.pipeline;

import java.util.List;
import org.llmsurgeon.checkpoint.DataType;
import org.llmsurgeon.checkpoint.SafetensorsLayout;
import org.llmsurgeon.checkpoint.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;
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
  private final CurvatureKind curvature;
  private final List<FactorKey> gathered;
  private final FactorSource factors;
  private final Device device = ExecutorDevice.shared();

  /**
   * An export.
   *
   * @param config the model
   * @param curvature which kind, not one without factors
   * @param factors where they are
   */
  FactorExport(ModelConfig config, CurvatureKind curvature, FactorSource factors) {
    this.layers = config.linears();
    this.curvature = curvature;
    this.gathered = FactorPlan.keys(config, curvature);
    this.factors = factors;
  }

  /** What the file will hold. */
  SafetensorsLayout layout() {
    SafetensorsLayout layout = new SafetensorsLayout();
    for (LinearShape layer : layers) {
      if (gathered.contains(FactorPlan.a(layer, curvature))) {
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
      try (Tensor a = factors.load(FactorPlan.a(layer, curvature), device)) {
        if (!gathered.contains(FactorPlan.g(layer))) {
          writer.write(layer.name() + ".A", a, device);
          continue;
        }
        try (Tensor g = factors.load(FactorPlan.g(layer), device)) {
          writeBalanced(writer, layer.name(), a, g);
        }
      }
    }
  }

  private void writeBalanced(SafetensorsWriter writer, String layer, Tensor a, Tensor g)
      throws java.io.IOException {
    KroneckerFactors balanced = balanced(a, g);
    try (Tensor balancedA = balanced.a();
        Tensor balancedG = balanced.g()) {
      writer.write(layer + ".A", balancedA, device);
      writer.write(layer + ".G", balancedG, device);
    }
  }

  private KroneckerFactors balanced(Tensor a, Tensor g) {
    return curvature.powerIteration()
        ? KroneckerFactors.nearest(KroneckerStep.term(device, g, a), factors.tokens())
        : new KroneckerFactors(a, g, factors.tokens()).balanced(device);
  }
}
