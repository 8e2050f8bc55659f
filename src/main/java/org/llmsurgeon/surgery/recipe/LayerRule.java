package org.llmsurgeon.surgery.recipe;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.surgery.catalog.LayerLimit;
import org.llmsurgeon.surgery.catalog.LayerPattern;
import org.llmsurgeon.surgery.catalog.LayerSettings;
import org.llmsurgeon.surgery.catalog.ThresholdScope;
import org.llmsurgeon.surgery.setting.Setting;
import org.llmsurgeon.surgery.setting.SettingValues;

/**
 * Which layers may be touched, and how far each (ours). Layers that may not be touched keep their
 * weights bit for bit and do not count in a sparsity that is a share of weights. Embeddings and the
 * head are never pruned.
 *
 * @param include layers that may be touched; all where there is no pattern
 * @param exclude layers that may not
 * @param limits most that may be gone of some layers; the smallest counts
 * @param alone whether every layer, or coupled group of layers, reaches the sparsity on its own;
 *     else one threshold decides over all of them
 */
public record LayerRule(
    List<LayerPattern> include,
    List<LayerPattern> exclude,
    List<LayerLimit> limits,
    boolean alone) {
  /** All layers, as far as one threshold says. */
  public static final LayerRule DEFAULT = new LayerRule(List.of(), List.of(), List.of(), false);

  /** Shares to twelve digits: a half of a part of the layers is a half, however it was divided. */
  private static final double EXACT = 1e12;

  /** Copies the lists. */
  public LayerRule {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    limits = List.copyOf(limits);
  }

  /** The rule that options give. */
  static LayerRule of(SettingValues values) {
    return new LayerRule(
        values.get(LayerSettings.INCLUDE),
        values.get(LayerSettings.EXCLUDE),
        values.get(LayerSettings.LIMIT),
        values.get(LayerSettings.THRESHOLD) == ThresholdScope.LAYER);
  }

  /** Whether a layer may be touched. */
  public boolean touches(LinearShape layer) {
    return touches(layer.name());
  }

  /**
   * Whether a layer may be touched.
   *
   * @param layer its name
   */
  public boolean touches(String layer) {
    return share(layer) > 0;
  }

  /** How many weights of a layer may be gone at most. */
  public long most(LinearShape layer) {
    return WeightCount.atMost(share(layer.name()), layer.weights());
  }

  /** How many weights of each layer may be gone at most. */
  public long[] most(List<LinearShape> layers) {
    return layers.stream().mapToLong(this::most).toArray();
  }

  private double share(String layer) {
    boolean in = include.isEmpty() || include.stream().anyMatch(each -> each.matches(layer));
    if (!in || exclude.stream().anyMatch(each -> each.matches(layer))) {
      return 0;
    }
    return limits.stream()
        .filter(each -> each.layers().matches(layer))
        .mapToDouble(LayerLimit::share)
        .min()
        .orElse(1);
  }

  /** Weights of the layers that may be touched. */
  public long touched(List<LinearShape> layers) {
    return layers.stream().filter(this::touches).mapToLong(LinearShape::weights).sum();
  }

  /**
   * A share of the weights of all layers as one of those that may be touched.
   *
   * @param share of all
   * @param layers all prunable layers
   */
  public double ofTouched(double share, List<LinearShape> layers) {
    long touched = touched(layers);
    long all = layers.stream().mapToLong(LinearShape::weights).sum();
    if (touched == all) {
      return share;
    }
    return Math.min(1, Math.round(share * all / touched * EXACT) / EXACT);
  }

  /**
   * Throws unless every pattern names a layer, and one is left to touch.
   *
   * @param layers all prunable layers
   * @throws InputException naming the pattern
   */
  public void check(List<LinearShape> layers) {
    include.forEach(each -> check(LayerSettings.INCLUDE, each, layers));
    exclude.forEach(each -> check(LayerSettings.EXCLUDE, each, layers));
    limits.forEach(each -> check(LayerSettings.LIMIT, each.layers(), layers));
    if (touched(layers) == 0) {
      throw new InputException(nothingLeft());
    }
  }

  /** Why no weight may be touched: what was given, or that the model has none. */
  private String nothingLeft() {
    String given =
        Stream.of(
                include.isEmpty() ? "" : LayerSettings.INCLUDE.spelled(),
                exclude.isEmpty() ? "" : LayerSettings.EXCLUDE.spelled(),
                limits.isEmpty() ? "" : LayerSettings.LIMIT.spelled())
            .filter(each -> !each.isEmpty())
            .collect(Collectors.joining(" and "));
    return given.isEmpty()
        ? "The layers of the model have no weights left that could be pruned; choose another model."
        : "No layer that may be pruned is left by " + given + "; leave one.";
  }

  private static void check(Setting<?> option, LayerPattern pattern, List<LinearShape> layers) {
    if (layers.stream().noneMatch(layer -> pattern.matches(layer.name()))) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s '%s' names none of the %d layers that can be pruned; their names are as %s.",
              option.spelled(),
              pattern.text(),
              layers.size(),
              layers.get(0).name()));
    }
  }
}
