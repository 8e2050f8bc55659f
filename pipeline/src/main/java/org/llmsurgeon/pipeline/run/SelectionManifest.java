package org.llmsurgeon.pipeline.run;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.pruning.structure.CostCounts;

/**
 * What goes in a shot, over all layers.
 *
 * @param target share of the weights that is to be gone
 * @param threshold largest cost, or cost per weight, among what goes
 * @param predicted what goes adds to the loss by the quadratic model; null where that was not
 *     computed
 * @param without what would be chosen without one of the constraints on widths, by its option;
 *     empty where there are none
 * @param kinds the part of each kind of unit, by name; empty where there are no units
 * @param followedAgain paths that had to be followed further
 * @param removed weights that go, those of earlier shots included
 * @param total weights of the prunable layers, biases included
 * @param layers one per prunable layer, in the model's order
 * @param scoreSeconds time of the scoring
 * @param factors how well the factors could be inverted, in the model's order; empty where single
 *     weights go, whose cuts say it
 * @param costs by kind of structure, how many cost how much; empty in runs of earlier versions
 */
public record SelectionManifest(
    double target,
    double threshold,
    Double predicted,
    Map<String, Without> without,
    Map<String, KindShare> kinds,
    int followedAgain,
    long removed,
    long total,
    List<LayerSelection> layers,
    double scoreSeconds,
    List<LayerHealth> factors,
    Map<String, CostCounts> costs) {
  public SelectionManifest {
    layers = List.copyOf(layers);
    factors = List.copyOf(factors);
    kinds = new TreeMap<>(kinds);
    without = new TreeMap<>(without);
    costs = costs == null ? Map.of() : new TreeMap<>(costs);
  }

  /**
   * What goes of one kind of unit.
   *
   * @param units how many
   * @param predicted their part of the prediction
   */
  public record KindShare(int units, double predicted) {}

  /**
   * What would be chosen without a constraint.
   *
   * @param predicted what would go adds to the loss
   * @param removed weights that would go, those of earlier shots included
   */
  public record Without(double predicted, long removed) {}

  /** Its place in the run directory, relative. */
  public static String path(int shot) {
    return ShotStage.SCORE.record(shot);
  }
}
