package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;

/** Which factors a model needs under a kind of curvature; shared ones once. */
public final class FactorPlan {
  private FactorPlan() {}

  /**
   * The factor of a layer's inputs, shared within its input group.
   *
   * @param layer the layer
   */
  public static FactorKey a(LinearShape layer) {
    return new FactorKey(layer.inputGroup(), FactorKind.A, layer.augmentedInputs());
  }

  /**
   * The factor of a layer's output gradients.
   *
   * @param layer the layer
   */
  public static FactorKey g(LinearShape layer) {
    return new FactorKey(layer.name(), FactorKind.G, layer.outputs());
  }

  /**
   * All factors that must be gathered, in the order of the layers, each once.
   *
   * @param config the model
   * @param curvature none for {@code IDENTITY}, the {@code A} for {@code ACTIVATIONS}, both for
   *     {@code KFAC}
   */
  public static List<FactorKey> keys(ModelConfig config, CurvatureKind curvature) {
    Set<FactorKey> keys = new LinkedHashSet<>();
    for (LinearShape layer : config.linears()) {
      if (curvature != CurvatureKind.IDENTITY) {
        keys.add(a(layer));
      }
      if (curvature == CurvatureKind.KFAC) {
        keys.add(g(layer));
      }
    }
    return new ArrayList<>(keys);
  }
}
