package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.UnitKind;

/**
 * What a group can give up at once now: a unit, or, where all key/value groups must keep equally
 * many query heads, one head of each of them.
 *
 * @param units not empty
 * @param weights that go
 * @param perWeight cost for each of them; here since thousands of steps are sorted by it in every
 *     round
 */
record EliminationStep(List<Candidate> units, long weights, double perWeight) {
  /**
   * The step of some units.
   *
   * @param units not empty
   */
  static EliminationStep of(List<Candidate> units) {
    long weights = units.stream().mapToLong(Candidate::weights).sum();
    double cost = units.stream().mapToDouble(Candidate::cost).sum();
    return new EliminationStep(units, weights, cost / Math.max(1, weights));
  }

  /** The step of one unit. */
  static EliminationStep of(Candidate unit) {
    double perWeight = unit.cost() / Math.max(1, unit.weights());
    return new EliminationStep(List.of(unit), unit.weights(), perWeight);
  }

  /**
   * A unit that can be removed now.
   *
   * @param unit its position
   * @param way the cheapest of its ways
   * @param cost as if it went alone
   * @param weights that go with it
   */
  record Candidate(int unit, byte way, double cost, long weights) {}

  /** Positions of its units. */
  int[] positions() {
    return units.stream().mapToInt(Candidate::unit).toArray();
  }

  /**
   * All steps of a group after which no layer has lost more than it may, the cheapest per weight
   * first.
   *
   * @param group the group
   * @param costs of its units now
   * @param keep query heads that each key/value group is brought to before the first group goes; 0
   *     for any order
   * @throws NonFiniteException if a cost is not finite, naming the group
   */
  static List<EliminationStep> sorted(CoupledGroup group, GroupCosts costs, int keep) {
    double[][] all = costs.ofAll();
    Removal nothing = new Removal(group.layers().size());
    List<EliminationStep> steps = new ArrayList<>();
    List<Candidate> heads = new ArrayList<>();
    for (int unit = 0; unit < all.length; unit++) {
      long weights = costs.weights(unit);
      if (weights > 0 && costs.fits(nothing, unit)) {
        int way = cheapest(group, unit, all[unit]);
        Candidate candidate = new Candidate(unit, (byte) way, all[unit][way], weights);
        if (group.widths().even() && group.units().get(unit).kind() == UnitKind.HEAD) {
          heads.add(candidate);
        } else {
          steps.add(EliminationStep.of(candidate));
        }
      }
    }
    List<EliminationStep> sets =
        HeadSets.of(group, heads, keep).stream()
            .filter(set -> costs.fits(nothing, set.positions()))
            .toList();
    if (keep > 0 && !sets.isEmpty()) {
      steps.clear();
    }
    steps.addAll(sets);
    steps.sort(
        Comparator.comparingDouble(EliminationStep::perWeight)
            .thenComparingInt(step -> step.units().get(0).unit()));
    return steps;
  }

  private static int cheapest(CoupledGroup group, int unit, double[] ways) {
    int best = 0;
    for (int way = 0; way < ways.length; way++) {
      if (!Double.isFinite(ways[way])) {
        throw new NonFiniteException(group.name(), "cost of unit " + unit);
      }
      best = ways[way] < ways[best] ? way : best;
    }
    return best;
  }
}
