package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;

/**
 * Follows the elimination path of a coupled group (algorithm section 6, ours). A round takes the
 * units that are cheapest per weight until a small share of the group's weights is gone, removes
 * them with the exact joint update, and costs what is left anew, from the same factors. What a unit
 * costs when its substitutes are gone is so part of its place in the order.
 *
 * <p>A round's costs are scaled up to its exact joint cost where that is more than their sum.
 */
public final class EliminationPath {
  private final CoupledGroup group;
  private final List<LayerState> states;
  private final GroupCosts costs;
  private final List<Step> taken = new ArrayList<>();
  private double level;

  /** A unit that can be removed now. */
  private record Candidate(int unit, byte way, double cost, long weights) {
    double perWeight() {
      return cost / Math.max(1, weights);
    }
  }

  /** A unit on the path. */
  private record Step(int unit, byte way, double level, double cost) {}

  private EliminationPath(Device device, CoupledGroup group, List<LayerSurgery> layers) {
    this.group = group;
    this.states = GroupStates.of(device, group, layers);
    this.costs = new GroupCosts(device, group, layers, states);
  }

  /**
   * Follows the path of a group.
   *
   * @param device where everything lives
   * @param group the group
   * @param layers its layers with this shot's factors; left as they are
   * @param options how far and in which steps
   * @throws NonFiniteException if a cost is not finite, naming the group
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public static Path follow(
      Device device, CoupledGroup group, List<LayerSurgery> layers, PathOptions options) {
    EliminationPath path = new EliminationPath(device, group, layers);
    try {
      return path.follow(options);
    } finally {
      path.states.forEach(LayerState::close);
    }
  }

  private Path follow(PathOptions options) {
    long start = weights();
    boolean end = start == 0;
    while (!end && start - weights() < options.reach() * start && level <= options.ceiling()) {
      List<Candidate> candidates = candidates();
      end = candidates.isEmpty();
      if (!end) {
        round(candidates, options.step() * start);
      }
    }
    return path(end || weights() == 0);
  }

  private long weights() {
    return states.stream().mapToLong(LayerState::weights).sum();
  }

  /** Every unit of which something is left and may go, the cheapest per weight first. */
  private List<Candidate> candidates() {
    double[][] all = costs.ofAll();
    Removal nothing = new Removal(group.layers().size());
    List<Candidate> candidates = new ArrayList<>();
    for (int unit = 0; unit < all.length; unit++) {
      long weights = costs.weights(unit);
      if (weights > 0 && costs.fits(nothing, unit)) {
        int way = cheapest(unit, all[unit]);
        candidates.add(new Candidate(unit, (byte) way, all[unit][way], weights));
      }
    }
    candidates.sort(
        Comparator.comparingDouble(Candidate::perWeight).thenComparingInt(Candidate::unit));
    return candidates;
  }

  private int cheapest(int unit, double[] ways) {
    int best = 0;
    for (int way = 0; way < ways.length; way++) {
      if (!Double.isFinite(ways[way])) {
        throw new NonFiniteException(group.name(), "cost of unit " + unit);
      }
      best = ways[way] < ways[best] ? way : best;
    }
    return best;
  }

  private void round(List<Candidate> candidates, double share) {
    Removal removal = new Removal(group.layers().size());
    List<Candidate> chosen = new ArrayList<>();
    long size = 0;
    for (Candidate each : candidates) {
      if (size >= share && !chosen.isEmpty()) {
        break;
      }
      if (costs.fits(removal, each.unit()) && costs.addTo(removal, each.unit(), each.way())) {
        chosen.add(each);
        size += each.weights();
      }
    }
    double joint = removal.apply(states);
    double sum = chosen.stream().mapToDouble(Candidate::cost).sum();
    double scale = sum > 0 ? Math.max(1, joint / sum) : 1;
    for (Candidate each : chosen) {
      level = Math.max(level, each.perWeight() * scale);
      taken.add(new Step(each.unit(), each.way(), level, each.cost() * scale));
    }
  }

  private Path path(boolean reachedEnd) {
    int length = taken.size();
    byte[] ways = new byte[length];
    IntStream.range(0, length).forEach(i -> ways[i] = taken.get(i).way());
    return new Path(
        taken.stream().mapToInt(Step::unit).toArray(),
        ways,
        taken.stream().mapToDouble(Step::level).toArray(),
        taken.stream().mapToDouble(Step::cost).toArray(),
        reachedEnd);
  }
}
