package org.llmsurgeon.surgery.calibrate;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.accumulate.InputStatistics;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.calibrate.FactorPass.Gathers;
import org.llmsurgeon.surgery.calibrate.FactorPass.Weighing;
import org.llmsurgeon.surgery.recipe.CurvatureRule;

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
   * @param term of which product of a sum, from 0
   */
  public static FactorKey ownA(LinearShape layer, int term) {
    int size = layer.augmentedInputs();
    return new FactorKey(layer.name(), FactorKind.A, size, size, term);
  }

  /**
   * The share of all tokens that reach the layers of an input group: of an expert.
   *
   * @param layer the layer
   */
  public static FactorKey reached(LinearShape layer) {
    return new FactorKey(layer.inputGroup(), FactorKind.REACHED, 1);
  }

  /**
   * The factor of a layer's output gradients.
   *
   * @param layer the layer
   */
  public static FactorKey g(LinearShape layer) {
    return g(layer, 0);
  }

  /**
   * As {@link #g(LinearShape)}, in a sum of products.
   *
   * @param layer the layer
   * @param term of which product, from 0
   */
  public static FactorKey g(LinearShape layer, int term) {
    return new FactorKey(layer.name(), FactorKind.G, layer.outputs(), layer.outputs(), term);
  }

  /**
   * The corrected eigenvalues of a layer.
   *
   * @param layer the layer
   */
  public static FactorKey eigenvalues(LinearShape layer) {
    int columns = layer.augmentedInputs();
    return new FactorKey(layer.name(), FactorKind.EIGENVALUES, layer.outputs(), columns, 0);
  }

  /**
   * The eigenvectors of a layer's {@code G}.
   *
   * @param layer the layer
   */
  public static FactorKey basisG(LinearShape layer) {
    int size = layer.outputs();
    return new FactorKey(layer.name(), FactorKind.BASIS_G, size, size + 1, 0);
  }

  /**
   * The eigenvectors of a layer's {@code A}.
   *
   * @param layer the layer
   */
  public static FactorKey basisA(LinearShape layer) {
    int size = layer.augmentedInputs();
    return new FactorKey(layer.name(), FactorKind.BASIS_A, size, size + 1, 0);
  }

  /**
   * The gradient of a layer's weight.
   *
   * @param layer the layer
   */
  public static FactorKey gradient(LinearShape layer) {
    return new FactorKey(layer.name(), FactorKind.GRADIENT, layer.outputs(), layer.inputs(), 0);
  }

  /**
   * What a layer's inputs are like.
   *
   * @param layer the last one of an attention or an MLP
   */
  public static FactorKey statistics(LinearShape layer) {
    int rows = InputStatistics.ROWS;
    return new FactorKey(layer.name(), FactorKind.STATISTICS, rows, layer.inputs(), 0);
  }

  /**
   * The factors of a layer, {@code A} before {@code G}, product by product; of an expert's layer
   * first how many tokens reach it.
   *
   * @param layer the layer
   * @param curvature how it is measured: no factors for {@code IDENTITY}, {@code A} alone for
   *     {@code ACTIVATIONS}
   */
  public static List<FactorKey> keys(LinearShape layer, CurvatureRule curvature) {
    CurvatureKind kind = curvature.kind();
    List<FactorKey> keys = new ArrayList<>();
    if (layer.ofExpert() && kind.needsData()) {
      keys.add(reached(layer));
    }
    for (int term = 0; term < curvature.rank(); term++) {
      if (kind.needsData()) {
        keys.add(kind.powerIteration() ? ownA(layer, term) : a(layer));
      }
      if (kind.ofLoss()) {
        keys.add(g(layer, term));
      }
    }
    if (kind == CurvatureKind.EKFAC) {
      keys.addAll(List.of(basisG(layer), basisA(layer), eigenvalues(layer)));
    }
    return keys;
  }

  /**
   * All factors of a model, in the order of the layers, each once.
   *
   * @param config the model
   * @param curvature how it is measured
   */
  public static List<FactorKey> keys(ModelConfig config, CurvatureRule curvature) {
    Set<FactorKey> keys = new LinkedHashSet<>();
    config.linears().forEach(layer -> keys.addAll(keys(layer, curvature)));
    return new ArrayList<>(keys);
  }

  /**
   * The passes over the data that give all factors, one after the other.
   *
   * @param curvature how it is measured
   */
  public static List<FactorPass> passes(CurvatureRule curvature) {
    return passes(curvature, 1);
  }

  /**
   * The passes of a shot. From the second one on a power iteration starts from the factors of the
   * last shot, and the first pass is left out.
   *
   * @param curvature how it is measured
   * @param shot from 1
   */
  public static List<FactorPass> passes(CurvatureRule curvature, int shot) {
    return switch (curvature.kind()) {
      case IDENTITY -> List.of();
      case ACTIVATIONS -> List.of(new FactorPass(0, Gathers.INPUTS, Weighing.NONE, 0));
      case KFAC -> List.of(new FactorPass(0, Gathers.BOTH, Weighing.NONE, 0));
      case EKFAC ->
          List.of(
              new FactorPass(0, Gathers.BOTH, Weighing.NONE, 0),
              new FactorPass(1, Gathers.EIGENVALUES, Weighing.NONE, 0));
      case NEAREST_KRONECKER, KRONECKER_SUM -> powerIteration(curvature, shot > 1);
    };
  }

  private static List<FactorPass> powerIteration(CurvatureRule curvature, boolean goesOn) {
    List<FactorPass> passes = new ArrayList<>();
    passes.add(new FactorPass(0, Gathers.INPUTS, Weighing.NONE, 0));
    for (int term = 0; term < curvature.rank(); term++) {
      Weighing start = term == 0 ? Weighing.SHARED : Weighing.FIXED;
      for (int step = 0; step < curvature.passes(); step++) {
        Weighing weighing = step == 0 && !goesOn ? start : Weighing.OWN;
        passes.add(new FactorPass(passes.size(), Gathers.WEIGHTED_G, weighing, term));
        passes.add(new FactorPass(passes.size(), Gathers.WEIGHTED_A, Weighing.OWN, term));
      }
    }
    return goesOn ? passes.subList(1, passes.size()) : passes;
  }
}
