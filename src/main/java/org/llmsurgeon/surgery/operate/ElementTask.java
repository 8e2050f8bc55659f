package org.llmsurgeon.surgery.operate;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.FactorHealth;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostMatrix;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.element.ElementCosts;
import org.llmsurgeon.pruning.element.ElementCut;
import org.llmsurgeon.pruning.element.ElementSurgery;
import org.llmsurgeon.pruning.element.PatternCosts;
import org.llmsurgeon.pruning.layer.DampingConstants;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.PrunableLayer;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.recipe.ElementCandidates;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * What is done to one layer in one shot that removes single weights or N:M groups: count its costs,
 * cut it. A shot of several rounds uses the same factors in all of them; a task does the cuts of
 * the rounds before its own again, in double, so that nothing has to be kept between rounds.
 */
public final class ElementTask {
  private final Device device;
  private final LinearShape layer;
  private final WeightSource weights;
  private final Recipe recipe;
  private final LayerTask task;

  /**
   * @param device where to compute
   * @param layer the layer
   * @param weights weights of the last committed shot
   * @param factors factors of this shot
   * @param recipe what to do; its structures are single weights or N:M
   */
  public ElementTask(
      Device device, LinearShape layer, WeightSource weights, FactorSource factors, Recipe recipe) {
    this.device = device;
    this.layer = layer;
    this.weights = weights;
    this.recipe = recipe;
    this.task = new LayerTask(device, layer, weights, factors, recipe);
  }

  /** Works with the costs of the candidates and what cuts them. */
  private interface Step<T> extends BiFunction<CostMatrix, Function<ElementMask, ElementCut>, T> {}

  /**
   * Counts the layer's costs; without candidates where the pattern does not fit it.
   *
   * @param earlier what went in the rounds before, the first round first
   * @param range which costs to count one by one
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   */
  public CostHistogram histogram(List<CostCut> earlier, CostRange range) {
    if (!ElementCandidates.has(layer, recipe)) {
      return CostHistogram.none(range);
    }
    return after(earlier, (costs, cutter) -> CostHistogram.of(costs, range));
  }

  /**
   * Costs of all candidates of single weights.
   *
   * @return {@code [out, in(+1)]} in single precision, without the bias column where biases are
   *     kept; owned by the caller
   */
  public Tensor costs() {
    return after(List.of(), (costs, cutter) -> ((ElementCosts) costs).matrix(Precision.SINGLE));
  }

  /**
   * Removes what was chosen and updates the rest.
   *
   * @param cuts what goes in each round
   * @return the new weight, owned by the caller
   * @throws org.llmsurgeon.InputException if a factor cannot be inverted with the recipe's damping
   * @throws IllegalStateException if a weight that was gone would come back
   */
  public CutLayer cut(List<CostCut> cuts) {
    if (!ElementCandidates.has(layer, recipe)) {
      return untouched();
    }
    return LayerTask.explained(
        recipe,
        () -> {
          try (TensorScope scope = new TensorScope(device)) {
            Rounds rounds = new Rounds(scope);
            Tensor before = rounds.weight;
            ElementMask gone = ElementMask.ofZeros(device, before);
            cuts.forEach(rounds::cut);
            ElementMask removed = ElementMask.ofZeros(device, rounds.weight);
            requireStays(gone, removed);
            return result(before, rounds, gone, removed);
          }
        });
  }

  private <T> T after(List<CostCut> earlier, Step<T> step) {
    return LayerTask.explained(
        recipe,
        () -> {
          try (TensorScope scope = new TensorScope(device)) {
            Rounds rounds = new Rounds(scope);
            earlier.forEach(rounds::cut);
            return rounds.now(step);
          }
        });
  }

  /** The layer as the rounds of a shot change it, on the same factors and damping constants. */
  private final class Rounds {
    private final TensorScope scope;
    private final KroneckerFactors factors;
    private final List<KroneckerTerm> terms;
    private Tensor weight;
    private DampingConstants damping;
    private List<FactorHealth> health;
    private UpdateSteps steps;

    Rounds(TensorScope scope) {
      this.scope = scope;
      this.factors = task.curvature(scope);
      this.terms = task.terms(scope, factors);
      this.weight = LayerWeight.augmented(scope, layer, weights);
    }

    /** Operates on a weight; damping is what it was in the first round. */
    ElementSurgery open(Tensor on) {
      return damping == null
          ? new ElementSurgery(device, layer.name(), on, factors, recipe.damping())
          : new ElementSurgery(device, layer.name(), on, factors, damping);
    }

    <T> T now(Step<T> step) {
      try (ElementSurgery surgery = open(weight)) {
        return recipe.curvature().kind().product()
            ? step.apply(
                costs(surgery, weight), mask -> noted(surgery, surgery.cut(mask, update())))
            : withOther(surgery, step);
      }
    }

    /**
     * Under a curvature that is no product. Costs of N:M groups are those of KFAC, or of the first
     * product of a sum, alone: jointly, weights have no closed form beyond that.
     */
    private <T> T withOther(ElementSurgery surgery, Step<T> step) {
      boolean compensated = recipe.update() != UpdateKind.NONE;
      try (NonProductCurvature other = task.other(scope, surgery, terms);
          Tensor along = other.elementCurvature(device, weight.rows(), weight.columns())) {
        CostMatrix costs =
            recipe
                .structures()
                .zeroPattern()
                .map(pattern -> patternCosts(surgery, weight, pattern))
                .orElseGet(() -> ElementCosts.of(device, prunable(weight), along, keepBias()));
        return step.apply(costs, mask -> noted(surgery, other.cut(mask, compensated)));
      }
    }

    /** Remembers the first round's damping, and how all updates went. */
    private ElementCut noted(ElementSurgery surgery, ElementCut done) {
      if (damping == null) {
        health = surgery.layer().health();
      }
      damping = surgery.dampingConstants();
      if (update() instanceof ElementUpdate.Full) {
        steps = (steps == null ? new UpdateSteps(0, 0, true) : steps).plus(done);
      }
      return done;
    }

    void cut(CostCut cut) {
      ElementCut done = now((costs, cutter) -> cutter.apply(costs.select(cut)));
      weight = scope.own(done.weight());
    }

    /** What the quadratic model says that all rounds add to the loss, and under what damping. */
    Costs judged(ElementSurgery dense) {
      if (recipe.curvature().kind().product()) {
        return new Costs(
            new Damping(dense.layer().dampingConstantG(), dense.layer().dampingConstantA()),
            dense.quadraticCost(weight),
            health,
            steps);
      }
      try (NonProductCurvature other = task.other(scope, dense, terms)) {
        Damping constants = other.dampingConstants();
        return new Costs(constants, other.quadraticCost(weight), health, steps);
      }
    }
  }

  private CostMatrix costs(ElementSurgery surgery, Tensor weight) {
    return recipe
        .structures()
        .zeroPattern()
        .map(pattern -> patternCosts(surgery, weight, pattern))
        .orElseGet(
            () ->
                ElementCosts.of(
                    device, prunable(weight), surgery.curvature(recipe.costs()), keepBias()));
  }

  private CostMatrix patternCosts(ElementSurgery surgery, Tensor weight, SparsityPattern pattern) {
    return recipe.diagonal() || recipe.elements().independent()
        ? PatternCosts.independent(
            device, prunable(weight), pattern, surgery.curvature(recipe.costs()))
        : PatternCosts.correlated(
            device, prunable(weight), pattern, surgery.curvature(pattern, layer.bias()));
  }

  private PrunableLayer prunable(Tensor weight) {
    return new PrunableLayer(layer.name(), weight, layer.bias());
  }

  private boolean keepBias() {
    return layer.bias() && recipe.elements().keepBias();
  }

  private ElementUpdate update() {
    return recipe.update() == UpdateKind.NONE
        ? new ElementUpdate.None()
        : recipe.elements().update();
  }

  private void requireStays(ElementMask gone, ElementMask now) {
    int columns = ElementCandidates.columns(layer, recipe);
    for (int row = 0; row < gone.rows(); row++) {
      for (int column : gone.removedColumns(row)) {
        if (column < columns && !now.removed(row, column)) {
          throw new IllegalStateException(
              String.format(
                  "layer %s: weight [%d, %d] would come back", layer.name(), row, column));
        }
      }
    }
  }

  private CutLayer result(Tensor before, Rounds rounds, ElementMask gone, ElementMask removed) {
    try (ElementSurgery surgery = rounds.open(before)) {
      return new CutLayer(
          LayerWeight.split(device, layer, rounds.weight),
          report(
              layer,
              removed,
              new LayerReport.Weights(
                  ElementCandidates.gone(layer, recipe, removed),
                  ElementCandidates.gone(layer, recipe, gone),
                  gone.count(),
                  layer.weights()),
              rounds.judged(surgery)));
    }
  }

  private CutLayer untouched() {
    LayerWeight weight = LayerWeight.load(device, layer, weights);
    try (Tensor all = weight.augmented(device)) {
      ElementMask zeros = ElementMask.ofZeros(device, all);
      // None of its weights is a candidate: its zeros are no part of what goes.
      LayerReport.Weights none = new LayerReport.Weights(0, 0, zeros.count(), layer.weights());
      return new CutLayer(weight, report(layer, zeros, none, Costs.NONE));
    }
  }

  /** A pruned weight of which no curvature says what it costs; biases are no candidates. */
  static CutLayer unjudged(Device device, LinearShape layer, Tensor pruned) {
    ElementMask zeros = ElementMask.ofZeros(device, pruned);
    long gone = zeros.countIn(layer.inputs());
    return new CutLayer(
        LayerWeight.split(device, layer, pruned),
        report(
            layer,
            zeros,
            new LayerReport.Weights(gone, gone, zeros.count(), layer.weights()),
            Costs.NONE));
  }

  /** Damping, cost and what else a report says of the arithmetic. */
  private record Costs(
      Damping damping, double quadratic, List<FactorHealth> factors, UpdateSteps update) {
    /** Nothing was computed. */
    static final Costs NONE = new Costs(new Damping(0, 0), 0, List.of(), null);
  }

  /** Counts rows and columns of nothing but zeros. */
  private static LayerReport report(
      LinearShape layer, ElementMask zeros, LayerReport.Weights weights, Costs costs) {
    int[] inColumn = new int[zeros.columns()];
    int rowsRemoved = 0;
    for (int row = 0; row < zeros.rows(); row++) {
      int[] gone = zeros.removedColumns(row);
      rowsRemoved += gone.length == zeros.columns() ? 1 : 0;
      for (int column : gone) {
        inColumn[column]++;
      }
    }
    int full = zeros.rows();
    int columnsRemoved =
        (int) java.util.Arrays.stream(inColumn).filter(count -> count == full).count();
    return new LayerReport(
        layer.name(),
        new LayerReport.Lines(zeros.rows(), rowsRemoved, zeros.columns(), columnsRemoved),
        weights,
        costs.damping(),
        costs.quadratic(),
        costs.factors(),
        costs.update());
  }
}
