package org.llmsurgeon.surgery.operate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.FactorOutline;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.curvature.KroneckerOutline;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.curvature.KroneckerTerm;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pruning.layer.UnitDamping;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.calibrate.FactorSource;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The curvature of one layer in one shot, and how it is damped.
 *
 * @param device where to compute
 * @param layer the layer
 * @param weights weights of the last committed shot
 * @param factors factors of this shot
 * @param recipe what kind of curvature, and how it is damped
 * @param makers what {@link NeuronFloor#makers} finds
 */
record LayerFactors(
    Device device,
    LinearShape layer,
    WeightSource weights,
    FactorSource factors,
    Recipe recipe,
    List<LinearShape> makers) {
  /** Activations of units this many times larger than the median's damp no others. */
  private static final double MASSIVE = 10;

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
  UnitDamping damping() {
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

  /**
   * All products of a sum.
   *
   * @param scope owns those after the first
   * @param first what {@link #plain} gave
   */
  List<KroneckerTerm> terms(TensorScope scope, KroneckerFactors first) {
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

  /** The layer's factors in double, balanced, without a floor; of a sum the first ones. */
  KroneckerFactors plain(TensorScope scope) {
    return loaded(scope, false).keptIn(factors.inverses());
  }

  /** As {@link #plain}, with the floor under gated neurons where units are costed. */
  KroneckerFactors ofUnits(TensorScope scope) {
    return loaded(scope, ofGatedNeurons()).keptIn(factors.inverses());
  }

  /** What is known of {@link #ofUnits} without reading all of it, where less is enough. */
  Optional<KroneckerOutline> outline() {
    if (recipe.curvature().kind() != CurvatureKind.KFAC || ofGatedNeurons()) {
      return Optional.empty();
    }
    double reached = reached();
    FactorOutline a = factors.outline(FactorPlan.a(layer), device);
    FactorOutline own = reached > 0 && reached < 1 ? a.scaled(1 / reached) : a;
    FactorOutline g = factors.outline(FactorPlan.g(layer), device);
    return Optional.of(new KroneckerOutline(own, g).balanced());
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
