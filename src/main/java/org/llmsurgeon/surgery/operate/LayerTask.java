package org.llmsurgeon.surgery.operate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerStep;
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
  /** Activations of units this many times larger than the median's damp no others. */
  private static final double MASSIVE = 10;

  private final Device device;
  private final LinearShape layer;
  private final WeightSource weights;
  private final FactorSource factors;
  private final Recipe recipe;
  private final List<LinearShape> makers;

  /**
   * @param device where to compute
   * @param layer the layer
   * @param weights weights of the last committed shot
   * @param factors factors of this shot
   * @param recipe what to do
   */
  public LayerTask(
      Device device, LinearShape layer, WeightSource weights, FactorSource factors, Recipe recipe) {
    this(device, layer, weights, factors, recipe, List.of());
  }

  private LayerTask(
      Device device,
      LinearShape layer,
      WeightSource weights,
      FactorSource factors,
      Recipe recipe,
      List<LinearShape> makers) {
    this.device = device;
    this.layer = layer;
    this.weights = weights;
    this.factors = factors;
    this.recipe = recipe;
    this.makers = makers;
  }

  /**
   * The same layer among others, which may make what it reads: neurons are then damped by what they
   * could give.
   *
   * @param all layers of its block, or more
   */
  public LayerTask among(List<LinearShape> all) {
    return new LayerTask(device, layer, weights, factors, recipe, NeuronFloor.makers(layer, all));
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
            scope -> open(scope, curvature(scope), new UnitDamping(recipe.damping(), 0)),
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
        ? operate(this::open, surgery -> cut(surgery, selection))
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
          try (TensorScope scope = new TensorScope(device);
              LayerWeight weight = LayerWeight.load(device, layer, weights)) {
            Tensor all = scope.own(weight.augmented(device));
            KroneckerFactors first = curvature(scope);
            try (ElementSurgery surgery =
                    new ElementSurgery(device, layer.name(), all, first, recipe.damping());
                NonProductCurvature other = other(scope, surgery, terms(scope, first))) {
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
            ? new StoredBasis(device, layer, surgery).form(scope, factors)
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
    try (TensorScope scope = new TensorScope(device);
        LayerWeight weight = LayerWeight.load(device, layer, weights)) {
      Tensor all = scope.own(weight.augmented(device));
      KroneckerFactors kfac = curvature(scope);
      try (ElementSurgery surgery =
          new ElementSurgery(device, layer.name(), all, kfac, recipe.damping())) {
        return new StoredBasis(device, layer, surgery).make(inputs);
      }
    }
  }

  /**
   * All products of a sum.
   *
   * @param scope owns those after the first
   * @param first what {@link #curvature} gave
   */
  public List<KroneckerTerm> terms(TensorScope scope, KroneckerFactors first) {
    List<KroneckerTerm> terms = new ArrayList<>();
    terms.add(new KroneckerTerm(first.g(), first.a()));
    for (int term = 1; term < recipe.curvature().rank(); term++) {
      terms.add(term(scope, term));
    }
    return terms;
  }

  private KroneckerTerm term(TensorScope scope, int index) {
    Tensor g = exact(scope, FactorPlan.g(layer, index));
    KroneckerTerm term = KroneckerStep.term(device, g, exact(scope, FactorPlan.ownA(layer, index)));
    return new KroneckerTerm(scope.own(term.g()), scope.own(term.a()));
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
   */
  public LayerSurgery open(TensorScope scope) {
    KroneckerFactors curvature = loaded(scope, ofGatedNeurons()).keptIn(factors.inverses());
    return open(scope, curvature, damping());
  }

  private LayerSurgery open(TensorScope scope, KroneckerFactors curvature, UnitDamping damping) {
    try (LayerWeight weight = LayerWeight.load(device, layer, weights)) {
      Tensor all = scope.own(weight.augmented(device));
      return new LayerSurgery(device, layer.name(), all, curvature, damping);
    }
  }

  /**
   * The recipe's damping; for units that of {@code G} at least in proportion to the noise in it
   * (ours). {@code G} is estimated from N tokens in n dimensions: in directions that the data does
   * not show, a low estimate means that nothing is known, not that nothing is lost. So it is shrunk
   * towards the identity by {@code n / N} (as in Ledoit and Wolf 2004).
   *
   * <p>In the costs of columns N counts the independent ones among the tokens only, since there
   * nothing but {@code G} tells units that lie quiet from units that matter, and units pooled over
   * a model find just these. One neuron of SmolLM2-135M's last block is a hundred times as active
   * on other text as in 8,192 calibration tokens; it and another cost that text 0.05 nats, where
   * 0.000008 were predicted. In the inverse, which says how rows make up for each other, more
   * shrinking hides what they share: with fourteen times as much a small OPT, 20 to 50 % in ten
   * shots, lost a seventh more.
   *
   * <p>Gated neurons are damped each by what it could give ({@link NeuronFloor}), and so not by the
   * massive activation of another one in the mean.
   */
  private UnitDamping damping() {
    Damping asked = recipe.damping();
    double columns = share(reached() * factors.size().independentTokens());
    if (!recipe.structures().coupled()) {
      return new UnitDamping(asked, columns);
    }
    Damping least = new Damping(Math.max(asked.g(), share(tokens())), asked.a());
    return ofGatedNeurons()
        ? new UnitDamping(least, columns, MASSIVE)
        : new UnitDamping(least, columns);
  }

  /** Of curvatures that know no gradients the floor is not known, and the bound alone ruins. */
  private boolean ofGatedNeurons() {
    CurvatureKind kind = recipe.curvature().kind();
    boolean known = kind == CurvatureKind.KFAC || kind == CurvatureKind.EKFAC;
    return known && recipe.structures().coupled() && !makers.isEmpty();
  }

  /** Share of all tokens that go through the layer: 1, unless it is an expert's. */
  private double reached() {
    if (!layer.ofExpert() || !recipe.curvature().kind().needsData()) {
      return 1;
    }
    try (Tensor share = factors.load(FactorPlan.reached(layer), device)) {
      return device.values(share)[0];
    }
  }

  private long tokens() {
    return Math.round(reached() * factors.tokens());
  }

  private double share(double tokens) {
    return tokens == 0 ? 0 : Math.min(1, layer.outputs() / tokens);
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

  /** The layer's factors in double, balanced, without a floor; of a sum the first ones. */
  public KroneckerFactors curvature(TensorScope scope) {
    return loaded(scope, false).keptIn(factors.inverses());
  }

  /**
   * Reads the factors.
   *
   * @param floored whether each neuron is damped by what it could give, which changes {@code A}
   */
  private KroneckerFactors loaded(TensorScope scope, boolean floored) {
    if (recipe.curvature().kind() == CurvatureKind.IDENTITY) {
      return owned(
          scope, KroneckerFactors.identity(device, layer.outputs(), layer.augmentedInputs()));
    }
    if (recipe.curvature().kind().powerIteration()) {
      KroneckerTerm term = term(scope, 0);
      return KroneckerFactors.nearest(term, tokens(), recipe.curvature().kind());
    }
    Tensor a = exact(scope, FactorPlan.a(layer));
    if (recipe.curvature().kind() == CurvatureKind.ACTIVATIONS) {
      return owned(scope, KroneckerFactors.activations(device, a, layer.outputs(), tokens()));
    }
    double reached = reached();
    if (reached > 0 && reached < 1) {
      // Both factors are means over all tokens. What an expert's tokens add to the Fisher is the
      // product of the means over these, once for each of them, so of one mean over them all.
      device.scale(1 / reached, a);
    }
    if (floored && reached > 0) {
      double independent = reached * factors.size().independentTokens();
      double share = recipe.damping().a() * Math.min(1, NeuronFloor.TOKENS / independent);
      new NeuronFloor(device, weights, factors, makers).add(share, reached, a);
    }
    KroneckerFactors own = new KroneckerFactors(a, exact(scope, FactorPlan.g(layer)), tokens());
    own.balance(device);
    return own;
  }

  private Tensor exact(TensorScope scope, FactorKey key) {
    return scope.own(factors.exact(key, device));
  }

  private static KroneckerFactors owned(TensorScope scope, KroneckerFactors factors) {
    scope.own(factors.a());
    scope.own(factors.g());
    return factors;
  }
}
