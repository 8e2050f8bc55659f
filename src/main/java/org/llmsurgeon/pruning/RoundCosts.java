package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;

/**
 * What the units of a coupled group cost after some of them are gone, each as if it went alone: one
 * global round (algorithm section 6, ours). The state is rebuilt from the shot's factors by one
 * joint removal, so that nothing but the units' positions has to be kept between rounds. With
 * nothing gone these are the costs of a single selection.
 */
public final class RoundCosts {
  /**
   * Costs of a round.
   *
   * @param path every unit of which something is left, the cheapest per weight first
   * @param joint exact joint cost of the units that are gone
   */
  public record Scored(Path path, double joint) {}

  private record Candidate(int unit, byte way, double cost, long weights) {
    double perWeight() {
      return cost / Math.max(1, weights);
    }
  }

  private RoundCosts() {}

  /**
   * Costs what is left of a group.
   *
   * @param device where everything lives
   * @param group the group
   * @param layers its layers with this shot's factors; left as they are
   * @param units positions of the units that are gone
   * @param ways for each, how it went
   * @throws NonFiniteException if a cost is not finite, naming the group
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public static Scored after(
      Device device, CoupledGroup group, List<LayerSurgery> layers, int[] units, byte[] ways) {
    List<LayerState> states = GroupStates.of(device, group, layers);
    try {
      GroupCosts costs = new GroupCosts(device, group, layers, states);
      Removal removal = new Removal(group.layers().size());
      for (int i = 0; i < units.length; i++) {
        costs.addTo(removal, units[i], ways[i]);
      }
      double joint = removal.apply(states);
      return new Scored(path(fitting(group, costs, candidates(group, costs))), joint);
    } finally {
      states.forEach(LayerState::close);
    }
  }

  private static List<Candidate> candidates(CoupledGroup group, GroupCosts costs) {
    double[][] all = costs.ofAll();
    List<Candidate> candidates = new ArrayList<>();
    for (int unit = 0; unit < all.length; unit++) {
      long weights = costs.weights(unit);
      if (weights > 0) {
        int way = cheapest(all[unit]);
        if (!Double.isFinite(all[unit][way])) {
          throw new NonFiniteException(group.name(), "cost of unit " + unit);
        }
        candidates.add(new Candidate(unit, (byte) way, all[unit][way], weights));
      }
    }
    candidates.sort(
        Comparator.comparingDouble(Candidate::perWeight).thenComparingInt(Candidate::unit));
    return candidates;
  }

  /** Those that may go after the ones before them. */
  private static List<Candidate> fitting(
      CoupledGroup group, GroupCosts costs, List<Candidate> sorted) {
    Removal removal = new Removal(group.layers().size());
    List<Candidate> fitting = new ArrayList<>();
    for (Candidate each : sorted) {
      if (costs.fits(removal, each.unit())) {
        costs.addTo(removal, each.unit(), each.way());
        fitting.add(each);
      }
    }
    return fitting;
  }

  /** A cost that is no number counts as the cheapest, so that it is found. */
  private static int cheapest(double[] ways) {
    return IntStream.range(0, ways.length)
        .boxed()
        .min(Comparator.comparingDouble(way -> Double.isFinite(ways[way]) ? ways[way] : -1))
        .orElseThrow();
  }

  private static Path path(List<Candidate> sorted) {
    byte[] ways = new byte[sorted.size()];
    IntStream.range(0, ways.length).forEach(i -> ways[i] = sorted.get(i).way());
    return new Path(
        sorted.stream().mapToInt(Candidate::unit).toArray(),
        ways,
        sorted.stream().mapToDouble(Candidate::perWeight).toArray(),
        sorted.stream().mapToDouble(Candidate::cost).toArray(),
        true);
  }
}
