package org.llmsurgeon.pipeline.analyse;

import java.util.List;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsLayout;
import org.llmsurgeon.checkpoint.safetensors.SafetensorsWriter;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

/**
 * Writes factors as safetensors: {@code <layer>.A} {@code [in, in]}, the bias last, and {@code
 * <layer>.G} {@code [out, out]}, of each layer, both with norm {@code sqrt(|A| |G|)}; {@code A2},
 * {@code G2} and so on for more products of a sum. Factors that a curvature does not have are left
 * out; a lone {@code A} is not balanced.
 */
public final class FactorExport {
  private final List<LinearShape> layers;
  private final CurvatureRule curvature;
  private final FactorSource factors;
  private final Device device = ExecutorDevice.shared();

  /**
   * An export.
   *
   * @param config the model
   * @param curvature how it was measured; not a kind without factors
   * @param factors where they are
   */
  public FactorExport(ModelConfig config, CurvatureRule curvature, FactorSource factors) {
    this.layers = config.linears();
    this.curvature = curvature;
    this.factors = factors;
  }

  /** What the file will hold. */
  public SafetensorsLayout layout() {
    SafetensorsLayout layout = new SafetensorsLayout();
    for (LinearShape layer : layers) {
      for (FactorKey key : FactorPlan.keys(layer, curvature)) {
        layout.add(name(layer, key), DataType.F32, key.size(), key.size());
      }
    }
    return layout;
  }

  private static String name(LinearShape layer, FactorKey key) {
    return layer.name() + "." + key.name();
  }

  /**
   * Writes all factors.
   *
   * @param writer a file with this layout
   */
  public void write(SafetensorsWriter writer) throws java.io.IOException {
    for (LinearShape layer : layers) {
      List<FactorKey> keys = FactorPlan.keys(layer, curvature);
      if (keys.size() == 1) {
        try (Tensor a = factors.load(keys.get(0), device)) {
          writer.write(name(layer, keys.get(0)), a, device);
        }
      }
      for (int pair = 0; pair + 1 < keys.size(); pair += 2) {
        write(writer, layer, keys.subList(pair, pair + 2));
      }
    }
  }

  /** Writes an {@code A} and its {@code G}. */
  private void write(SafetensorsWriter writer, LinearShape layer, List<FactorKey> pair)
      throws java.io.IOException {
    try (Tensor a = factors.load(pair.get(0), device);
        Tensor g = factors.load(pair.get(1), device)) {
      KroneckerFactors balanced = balanced(a, g);
      try (Tensor balancedA = balanced.a();
          Tensor balancedG = balanced.g()) {
        writer.write(name(layer, pair.get(0)), balancedA, device);
        writer.write(name(layer, pair.get(1)), balancedG, device);
      }
    }
  }

  private KroneckerFactors balanced(Tensor a, Tensor g) {
    return curvature.kind().powerIteration()
        ? KroneckerFactors.nearest(
            KroneckerStep.term(device, g, a), factors.tokens(), curvature.kind())
        : new KroneckerFactors(a, g, factors.tokens()).balanced(device);
  }
}
