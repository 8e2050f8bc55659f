package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.element.CostCut;
import org.llmsurgeon.pruning.element.CostHistogram;
import org.llmsurgeon.pruning.element.CostRange;
import org.llmsurgeon.pruning.element.ElementSearch;
import org.llmsurgeon.pruning.element.ElementThreshold;
import org.llmsurgeon.pruning.structure.ElementMask;
import org.llmsurgeon.pruning.structure.SparsityPattern;
import org.llmsurgeon.surgery.catalog.ElementSettings;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.recipe.ElementCandidates;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Which single weights or N:M groups of a whole model go in a shot. Only histograms come from the
 * layers, wherever they lie (method, section 3). A shot of several rounds goes from the last shot's
 * target to its own in equal steps.
 */
public final class ElementChoice implements Competition {
  private final List<LinearShape> layers;
  private final Recipe recipe;

  /**
   * @param layers all prunable layers, in the model's order, which breaks ties
   * @param recipe what to do; its structures are single weights or N:M
   */
  public ElementChoice(List<LinearShape> layers, Recipe recipe) {
    this.layers = List.copyOf(layers);
    this.recipe = recipe;
  }

  /**
   * Throws if a layer's width does not fit the pattern and is not to be left dense.
   *
   * @throws InputException naming the layer
   */
  public void requireFits() {
    if (!recipe.elements().skipUnfit()) {
      recipe.structures().zeroPattern().ifPresent(this::requireFits);
    }
  }

  private void requireFits(SparsityPattern pattern) {
    for (LinearShape layer : layers) {
      if (recipe.layers().touches(layer) && !pattern.fits(layer.inputs())) {
        throw new InputException(
            String.format(
                "Layer %s has %d inputs, which groups of %d (%s) do not divide; choose another"
                    + " pattern, or leave such layers dense with %s.",
                layer.name(),
                layer.inputs(),
                pattern.size(),
                pattern.optionName(),
                ElementSettings.SKIP_UNFIT.spelled()));
      }
    }
  }

  /** One pass over the costs of all layers. */
  @FunctionalInterface
  public interface Pass {
    /**
     * Counts.
     *
     * @param earlier of each layer, what went in the rounds before
     * @param ranges for each layer, which costs to count one by one; null where nothing is asked
     * @return a histogram for each layer; null where nothing was asked
     */
    List<CostHistogram> count(List<List<CostCut>> earlier, List<CostRange> ranges);
  }

  /**
   * What goes.
   *
   * @param cuts of each layer, in the model's order, the cut of each round
   * @param threshold highest cost among what goes in the last round
   * @param removed weights that may be gone, those of before included; groups need not fill it
   * @param total weights of all layers, biases counted
   */
  public record Result(List<List<CostCut>> cuts, double threshold, long removed, long total) {}

  /**
   * Chooses, round by round.
   *
   * @param from share of the weights that was to be gone after the shot before
   * @param target share of the weights that may be gone after this one
   * @param pass counts costs
   * @throws InputException if so much cannot go
   */
  public Result upTo(double from, double target, Pass pass) {
    List<List<CostCut>> cuts = new ArrayList<>();
    layers.forEach(layer -> cuts.add(new ArrayList<>()));
    int rounds = recipe.selection().rounds();
    ElementThreshold.Found found = null;
    for (int round = 1; round <= rounds; round++) {
      double share = round == rounds ? target : from + (target - from) * round / rounds;
      found = round(share, cuts, pass);
      for (int i = 0; i < layers.size(); i++) {
        cuts.get(i).add(found.cuts().get(i));
      }
    }
    return new Result(cuts, found.threshold(), found.removed(), total());
  }

  private ElementThreshold.Found round(double share, List<List<CostCut>> cuts, Pass pass) {
    long[] most = most(share);
    ElementSearch search = new ElementSearch(count(share, most), most);
    while (!search.isDone()) {
      search.counted(pass.count(cuts, search.ranges()));
    }
    return search.found();
  }

  @Override
  public void requireReachable(double share) {
    requireFits();
    count(share, most(share));
  }

  @Override
  public long largestStep() {
    long touched = touched().count();
    long group = recipe.structures().removedOfGroup();
    return recipe.layers().alone() ? touched * group : touched == 0 ? 0 : group;
  }

  /** Biases, which no group of a pattern holds and which its sparsity does not count. */
  @Override
  public long uncounted() {
    return recipe.structures().groupSize() == 1
        ? 0
        : touched()
            .mapToLong(layer -> layer.weights() - (long) layer.outputs() * layer.inputs())
            .sum();
  }

  /** Single weights that are 0; of a group at most as many as its pattern takes. */
  @Override
  public long gone(LinearShape layer, ElementMask zeros) {
    return ElementCandidates.gone(layer, recipe, zeros);
  }

  @Override
  public List<Allowance> allowances(double share) {
    long[] most = most(share);
    if (recipe.layers().alone()) {
      return IntStream.range(0, most.length)
          .mapToObj(i -> new Allowance(layers.get(i).name(), List.of(layers.get(i)), most[i]))
          .toList();
    }
    return List.of(new Allowance("", layers, count(share, most)));
  }

  private Stream<LinearShape> touched() {
    return layers.stream().filter(recipe.layers()::touches);
  }

  /**
   * How many weights of each layer may be gone, of groups those of whole ones; just so many are
   * where each layer goes on its own.
   */
  private long[] most(double share) {
    double own = recipe.layers().ofTouched(share, layers);
    return layers.stream()
        .mapToLong(
            layer -> {
              long candidates = candidates(layer, recipe);
              long group = recipe.structures().removedOfGroup();
              return recipe.layers().alone()
                  ? count(own, layer.weights(), candidates)
                  : group * Math.min(candidates, recipe.layers().most(layer) / group);
            })
        .toArray();
  }

  /** How many weights may be gone. */
  private long count(double share, long[] most) {
    long may = Arrays.stream(most).sum();
    if (recipe.layers().alone()) {
      return may;
    }
    double own = recipe.layers().ofTouched(share, layers);
    long candidates = layers.stream().mapToLong(layer -> candidates(layer, recipe)).sum();
    long count = count(own, recipe.layers().touched(layers), candidates);
    if (count > may) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The sparsity %s cannot be reached within %s: the most is %.4f; give less, or raise"
                  + " the limits.",
              recipe.goal().sparsity(),
              LayerSettings.LIMIT.spelled(),
              Math.floor(recipe.goal().sparsity() * may / count * 1e4) / 1e4));
    }
    return count;
  }

  /**
   * Weights of the candidates that make up a share.
   *
   * @param share of the weights
   * @param weights how many there are
   * @param candidates how many there are
   */
  private long count(double share, long weights, long candidates) {
    Optional<SparsityPattern> pattern = recipe.structures().zeroPattern();
    if (candidates > 0 && pattern.isPresent()) {
      return pattern.get().removed() * pattern.get().groups(share, candidates);
    }
    long count = candidates == 0 ? 0 : ElementThreshold.count(share, weights);
    if (count > candidates) {
      throw new InputException(
          String.format(
              "The sparsity %s cannot be reached while biases stay: they are %d of %d weights; give"
                  + " less, or leave %s out.",
              share, weights - candidates, weights, ElementSettings.KEEP_BIAS.spelled()));
    }
    return count;
  }

  private long total() {
    return layers.stream().mapToLong(LinearShape::weights).sum();
  }

  private static long candidates(LinearShape layer, Recipe recipe) {
    if (!ElementCandidates.has(layer, recipe)) {
      return 0;
    }
    int group = recipe.structures().groupSize();
    return (long) layer.outputs() * (ElementCandidates.columns(layer, recipe) / group);
  }
}
