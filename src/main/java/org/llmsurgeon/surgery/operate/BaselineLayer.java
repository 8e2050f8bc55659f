package org.llmsurgeon.surgery.operate;

import java.util.Optional;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.baseline.SparseGpt;
import org.llmsurgeon.pruning.baseline.Wanda;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.StepSettings;
import org.llmsurgeon.surgery.catalog.StructureSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

/** One layer under the baselines that have no threshold over all layers: Wanda and SparseGPT. */
public final class BaselineLayer {
  private final Device device;
  private final LinearShape layer;
  private final WeightSource weights;
  private final FactorSource factors;
  private final Recipe recipe;

  /**
   * @param device where to compute
   * @param layer the layer
   * @param weights the weights as they are
   * @param factors factors of the activations, of the model in which the layer is to work
   * @param recipe structures, sparsity, and which layers may be touched; the rest is not used
   */
  public BaselineLayer(
      Device device, LinearShape layer, WeightSource weights, FactorSource factors, Recipe recipe) {
    this.device = device;
    this.layer = layer;
    this.weights = weights;
    this.factors = factors;
    this.recipe = recipe;
  }

  /**
   * The share of each layer's weights, or the pattern, that a recipe asks for.
   *
   * @param recipe single weights or N:M
   * @throws InputException if the structures are others, if N:M is wanted in a part of the groups,
   *     or if some layers are to go less far than others
   */
  public static LayerSparsity sparsity(Recipe recipe) {
    if (!recipe.layers().limits().isEmpty()) {
      throw new InputException(
          "Wanda and SparseGPT prune every layer equally far, which "
              + LayerSettings.LIMIT.spelled()
              + " contradicts; leave it out, or leave these methods out.");
    }
    double sparsity = recipe.goal().sparsity();
    Optional<SparsityPattern> pattern = recipe.structures().zeroPattern();
    if (pattern.isPresent()) {
      if (sparsity < pattern.get().largestSparsity()) {
        throw new InputException(
            String.format(
                "Wanda and SparseGPT prune all groups of %s; give %s.",
                recipe.structures().optionName(),
                StepSettings.SPARSITY.spelled(pattern.get().largestSparsity())));
      }
      return pattern.get();
    }
    if (recipe.structures().sparse()) {
      return new LayerSparsity.Share(sparsity);
    }
    throw new InputException(
        "Wanda and SparseGPT prune single weights or N:M groups, no "
            + recipe.structures().optionName()
            + "; give "
            + StructureSettings.STRUCTURES.spelled("element")
            + ", or leave these methods out.");
  }

  /**
   * Prunes. A layer that may not be touched, or one that groups of N:M do not fit where such layers
   * stay dense, keeps its weights bit for bit.
   *
   * @param sparseGpt whether as SparseGPT; else as Wanda
   * @return the new weight, owned by the caller
   */
  public CutLayer prune(boolean sparseGpt) {
    LayerSparsity sparsity = sparsity(recipe);
    if (!recipe.layers().touches(layer) || unfit()) {
      return dense();
    }
    Supplier<CutLayer> work = () -> prune(sparseGpt, sparsity);
    return LayerTask.explained(recipe, work);
  }

  private boolean unfit() {
    return recipe.elements().skipUnfit() && layer.inputs() % recipe.structures().groupSize() != 0;
  }

  /** The layer as it is, its zeros counted; the caller owns the weight. */
  public CutLayer dense() {
    try (TensorScope scope = new TensorScope(device)) {
      return ElementTask.unjudged(device, layer, LayerWeight.augmented(scope, layer, weights));
    }
  }

  private CutLayer prune(boolean sparseGpt, LayerSparsity sparsity) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor all = LayerWeight.augmented(scope, layer, weights);
      Tensor a = scope.own(factors.load(FactorPlan.a(layer), device));
      PrunableLayer prunable = new PrunableLayer(layer.name(), all, layer.bias());
      Tensor pruned =
          scope.own(
              sparseGpt
                  ? SparseGpt.prune(device, prunable, a, sparsity)
                  : Wanda.prune(device, prunable, a, sparsity));
      return ElementTask.unjudged(device, layer, pruned);
    }
  }
}
