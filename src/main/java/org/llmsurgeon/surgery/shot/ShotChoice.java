package org.llmsurgeon.surgery.shot;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.pruning.structure.CostCounts;

/**
 * What goes in a shot, over all layers.
 *
 * @param removal how much
 * @param predicted what that adds to the loss
 * @param followedAgain paths that had to be followed further
 * @param layers one per prunable layer, in the model's order
 * @param scoreSeconds time of the scoring; 0 where nobody took it
 * @param factors how well the factors could be inverted, in the model's order; empty where single
 *     weights go, whose cuts say it
 * @param costs by kind of structure, how many cost how much; empty in runs of earlier versions
 */
public record ShotChoice(
    Removal removal,
    Prediction predicted,
    int followedAgain,
    List<LayerSelection> layers,
    double scoreSeconds,
    List<LayerHealth> factors,
    Map<String, CostCounts> costs) {
  /** Copies the lists and the map. */
  public ShotChoice {
    layers = List.copyOf(layers);
    factors = List.copyOf(factors);
    costs = costs == null ? Map.of() : new TreeMap<>(costs);
  }

  /**
   * The same choice, timed.
   *
   * @param seconds time of the scoring
   */
  public ShotChoice took(double seconds) {
    return new ShotChoice(removal, predicted, followedAgain, layers, seconds, factors, costs);
  }

  /**
   * What goes adds to the loss by the quadratic model.
   *
   * @param cost of all that goes; null where that was not computed
   * @param kinds the part of each kind of unit, by name; empty where there are no units
   * @param without what would be chosen without one of the constraints on widths, by its option;
   *     empty where there are none
   */
  public record Prediction(
      Double cost, Map<String, KindShare> kinds, Map<String, Without> without) {
    /** Nothing is predicted. */
    public static final Prediction NONE = new Prediction(null, Map.of(), Map.of());

    /** Copies the maps. */
    public Prediction {
      kinds = new TreeMap<>(kinds);
      without = new TreeMap<>(without);
    }
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
}
