package org.llmsurgeon.surgery.operate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerOutline;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.ElementCut;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.layer.UnitDamping;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.catalog.UpdateSettings;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What is done to one layer in one shot: score it, cut it. Everything is in double between loading
 * and the one rounding at the end. Time: two Cholesky inversions, {@code in^3 + out^3}
 * multiply-adds, for each; memory: about five matrices of the larger factor.
 */
public final class LayerTask {
  private final Device device;
  private final LinearShape layer;
  private final WeightSource weights;
  private final Recipe recipe;
  private final LayerFactors factors;

  /**
   * @param device where to compute
   * @param layer the layer
   * @param weights weights of the last committed shot
   * @param factors factors of this shot
   * @param recipe what to do
   */
  public LayerTask(
      Device device, LinearShape layer, WeightSource weights, FactorSource factors, Recipe recipe) {
    this(new LayerFactors(device, layer, weights, factors, recipe, List.of()));
  }

  private LayerTask(LayerFactors factors) {
    this.device = factors.device();
    this.layer = factors.layer();
    this.weights = factors.weights();
    this.recipe = factors.recipe();
    this.factors = factors;
  }

  /**
   * The same layer among others, which may make what it reads: neurons are then damped by what they
   * could give.
   *
   * @param all layers of its block, or more
   */
  public LayerTask among(List<LinearShape> all) {
    FactorSource source = factors.factors();
    List<LinearShape> makers = NeuronFloor.makers(layer, all);
    return new LayerTask(new LayerFactors(device, layer, weights, source, recipe, makers));
  }

  /**
   * Costs of the layer's rows and columns, with the recipe's own damping whatever its structures.
   *
   * @throws InputException if a factor cannot be inverted with the recipe's damping
   * @throws org.llmsurgeon.compute.NonFiniteException if a weight, factor or cost is not finite
   */
  public LayerScore score() {
    return recipe.curvature().kind().product()
        ? operate(
            scope -> open(scope, factors.plain(scope), new UnitDamping(recipe.damping(), 0)),
            surgery -> {
              StructureCosts costs = surgery.costs(recipe.costs());
              return new LayerScore(costs, surgery.health());
            })
        : operateOther(curvature -> new LayerScore(curvature.lineCosts(), curvature.health()));
  }

  /**
   * Removes what was selected and updates the rest. Where nothing was selected the weight stays as
   * it is, bit for bit.
   *
   * @param selection rows and columns that go, those that went in earlier shots included
   * @return the new weight, owned by the caller
   * @throws InputException if a factor cannot be inverted with the recipe's damping
   * @throws org.llmsurgeon.compute.NonFiniteException if an updated weight is not finite
   */
  public CutLayer cut(Selection selection) {
    return recipe.curvature().kind().product()
        ? operate(
            scope -> open(scope, LayerSurgery.mayChangeRest(selection)),
            surgery -> cut(surgery, selection))
        : operateOther(curvature -> cut(curvature, selection));
  }

  private CutLayer cut(LayerSurgery surgery, Selection selection) {
    try (Tensor changed = surgery.cut(selection, recipe.update())) {
      double cost = surgery.quadraticCost(changed, selection);
      Damping constants = new Damping(surgery.dampingConstantG(), surgery.dampingConstantA());
      Judged judged = new Judged(constants, cost, null);
      return result(selection, changed, surgery.gone(), surgery.zeros(), judged);
    }
  }

  private CutLayer cut(NonProductCurvature curvature, Selection selection) {
    ElementMask mask =
        ElementMask.of(selection, layer.outputs(), layer.augmentedInputs()).or(curvature.pattern());
    boolean compensated = recipe.update() != UpdateKind.NONE;
    ElementCut done = curvature.cut(mask, compensated);
    try (Tensor changed = done.weight()) {
      double cost = curvature.quadraticCost(changed);
      UpdateSteps steps = compensated ? new UpdateSteps(0, 0, true).plus(done) : null;
      Judged judged = new Judged(curvature.dampingConstants(), cost, steps);
      return result(selection, changed, curvature.gone(), curvature.zeros().count(), judged);
    }
  }

  /** What a report says of a cut: damping, cost, and how conjugate gradients went, or null. */
  private record Judged(Damping constants, double quadraticCost, UpdateSteps steps) {}

  private CutLayer result(
      Selection selection, Tensor changed, Selection before, long zeros, Judged judged) {
    LayerReport report =
        new LayerReport(
            layer.name(),
            new LayerReport.Lines(
                layer.outputs(),
                selection.rows().length,
                layer.augmentedInputs(),
                selection.columns().length),
            new LayerReport.Weights(
                selection.weights(layer.outputs(), layer.augmentedInputs()),
                recipe.layers().touches(layer)
                    ? before.weights(layer.outputs(), layer.augmentedInputs())
                    : 0,
                zeros,
                layer.weights()),
            judged.constants(),
            judged.quadraticCost(),
            List.of(),
            judged.steps());
    return new CutLayer(LayerWeight.split(device, layer, changed), report);
  }

  private <T> T operateOther(Function<NonProductCurvature, T> work) {
    return explained(
        recipe,
        () -> {
          try (TensorScope scope = new TensorScope(device)) {
            Tensor all = augmented(scope);
            KroneckerFactors first = factors.plain(scope);
            try (ElementSurgery surgery =
                    new ElementSurgery(device, layer.name(), all, first, recipe.damping());
                NonProductCurvature other = other(scope, surgery, factors.terms(scope, first))) {
              return work.apply(other);
            }
          }
        });
  }

  /**
   * The curvature that is no product.
   *
   * @param scope owns what it is made of; must be closed after it
   * @param surgery the layer under the first product
   * @param terms all products
   */
  NonProductCurvature other(TensorScope scope, ElementSurgery surgery, List<KroneckerTerm> terms) {
    NonProductCurvature.Form form =
        recipe.curvature().kind() == CurvatureKind.EKFAC
            ? new StoredBasis(device, layer, surgery).form(scope, factors.factors())
            : NonProductCurvature.sum(scope, layer.name(), surgery, terms);
    return new NonProductCurvature(surgery, form);
  }

  /**
   * The eigenvectors and eigenvalues of both factors, over what is live.
   *
   * @param inputs those of the layer before, which may have the same inputs
   * @return {@link FactorPlan#basisG} and {@link FactorPlan#basisA}, owned by the caller
   */
  public Map<FactorKey, Tensor> basis(InputBasis inputs) {
    try (TensorScope scope = new TensorScope(device)) {
      Tensor all = augmented(scope);
      KroneckerFactors kfac = factors.plain(scope);
      try (ElementSurgery surgery =
          new ElementSurgery(device, layer.name(), all, kfac, recipe.damping())) {
        return new StoredBasis(device, layer, surgery).make(inputs);
      }
    }
  }

  private <T> T operate(Function<TensorScope, LayerSurgery> open, Function<LayerSurgery, T> work) {
    return explained(
        recipe,
        () -> {
          try (TensorScope scope = new TensorScope(device);
              LayerSurgery surgery = open.apply(scope)) {
            return work.apply(surgery);
          }
        });
  }

  /**
   * The layer, ready for surgery.
   *
   * @param scope owns its weight and factors; must be closed after it
   * @param working whether lines are costed, or go that others read; if not, the layer stands by,
   *     and an outline of its factors is all that is read
   */
  public LayerSurgery open(TensorScope scope, boolean working) {
    Optional<KroneckerOutline> outline = working ? Optional.empty() : factors.outline();
    if (outline.isPresent()) {
      Tensor all = augmented(scope);
      return new LayerSurgery(device, layer.name(), all, outline.get(), factors.damping());
    }
    return open(scope, factors.ofUnits(scope), factors.damping());
  }

  private LayerSurgery open(TensorScope scope, KroneckerFactors curvature, UnitDamping damping) {
    return new LayerSurgery(device, layer.name(), augmented(scope), curvature, damping);
  }

  private Tensor augmented(TensorScope scope) {
    return LayerWeight.augmented(scope, layer, weights);
  }

  /**
   * All products of a sum.
   *
   * @param scope owns those after the first
   * @param first what {@link #curvature} gave
   */
  public List<KroneckerTerm> terms(TensorScope scope, KroneckerFactors first) {
    return factors.terms(scope, first);
  }

  /** The layer's factors in double, balanced, without a floor; of a sum the first ones. */
  public KroneckerFactors curvature(TensorScope scope) {
    return factors.plain(scope);
  }

  /** Runs some work and tells a failed inversion with its remedy. */
  public static <T> T explained(Recipe recipe, Supplier<T> work) {
    try {
      return work.get();
    } catch (NotPositiveDefiniteException e) {
      throw new InputException(
          e.getMessage()
              + " Use more calibration data, or raise "
              + UpdateSettings.DAMP_G.spelled()
              + " and "
              + UpdateSettings.DAMP_A.spelled()
              + ", now "
              + recipe.damping().g()
              + " and "
              + recipe.damping().a()
              + ".",
          e);
    }
  }
}
