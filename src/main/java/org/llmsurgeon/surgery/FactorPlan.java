package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.surgery.FactorPass.Gathers;
import org.llmsurgeon.surgery.FactorPass.Weighing;

/** Which factors a model needs under a kind of curvature, and in which passes they are gathered. */
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
   * The factor of a layer's inputs that is not shared: tokens are weighed by their gradients.
   *
   * @param layer the layer
   */
  public static FactorKey ownA(LinearShape layer) {
    return new FactorKey(layer.name(), FactorKind.A, layer.augmentedInputs());
  }

  /**
   * The factor of a layer's inputs under a kind of curvature.
   *
   * @param layer the layer
   * @param curvature which kind
   */
  public static FactorKey a(LinearShape layer, CurvatureKind curvature) {
    return curvature.powerIteration() ? ownA(layer) : a(layer);
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
   * All factors of a curvature, in the order of the layers, each once.
   *
   * @param config the model
   * @param curvature none for {@code IDENTITY}, the {@code A} for {@code ACTIVATIONS}, both for the
   *     others
   */
  public static List<FactorKey> keys(ModelConfig config, CurvatureKind curvature) {
    Set<FactorKey> keys = new LinkedHashSet<>();
    for (LinearShape layer : config.linears()) {
      if (curvature.needsData()) {
        keys.add(a(layer, curvature));
      }
      if (curvature.ofLoss()) {
        keys.add(g(layer));
      }
    }
    return new ArrayList<>(keys);
  }

  /**
   * The passes over the data that give all factors, one after the other.
   *
   * @param rule how the curvature is measured
   */
  public static List<FactorPass> passes(CurvatureRule rule) {
    List<FactorPass> passes = new ArrayList<>();
    switch (rule.kind()) {
      case IDENTITY -> {}
      case ACTIVATIONS -> passes.add(new FactorPass(0, Gathers.INPUTS, Weighing.NONE));
      case KFAC -> passes.add(new FactorPass(0, Gathers.BOTH, Weighing.NONE));
      case NEAREST_KRONECKER -> {
        passes.add(new FactorPass(0, Gathers.INPUTS, Weighing.NONE));
        for (int step = 0; step < rule.passes(); step++) {
          Weighing start = step == 0 ? Weighing.SHARED : Weighing.OWN;
          passes.add(new FactorPass(passes.size(), Gathers.WEIGHTED_G, start));
          passes.add(new FactorPass(passes.size(), Gathers.WEIGHTED_A, Weighing.OWN));
        }
      }
    }
    return passes;
  }

  /**
   * The passes of a shot. A power iteration starts from the factors of the last shot, where there
   * is one: their pass is left out.
   *
   * @param rule how the curvature is measured
   * @param shot from 1
   */
  public static List<FactorPass> passes(CurvatureRule rule, int shot) {
    List<FactorPass> passes = passes(rule);
    if (shot == 1 || !rule.kind().powerIteration()) {
      return passes;
    }
    FactorPass first = passes.get(1);
    passes.set(1, new FactorPass(first.index(), first.gathers(), Weighing.OWN));
    return passes.subList(1, passes.size());
  }
}
