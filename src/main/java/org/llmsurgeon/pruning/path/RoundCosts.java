package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.structure.CoupledGroup;

/**
 * What the units of a coupled group cost after some of them are gone, each as if it went alone: one
 * global round (method, section 6, ours). The state is rebuilt from the shot's factors by one joint
 * removal, so that nothing but the units' positions has to be kept between rounds. With nothing
 * gone these are the costs of a single selection.
 */
public final class RoundCosts {
  /**
   * Costs of a round.
   *
   * @param path every unit of which something is left, the cheapest per weight first
   * @param joint exact joint cost of the units that are gone
   */
  public record Scored(Path path, double joint) {}

  private RoundCosts() {}

  /**
   * Costs what is left of a group.
   *
   * @param device where everything lives
   * @param group the group
   * @param layers its layers with this shot's factors; left as they are
   * @param kind whether what stays makes up for what goes
   * @param units positions of the units that are gone
   * @param ways for each, how it went
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite, naming the group
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public static Scored after(
      Device device,
      CoupledGroup group,
      List<LayerSurgery> layers,
      CostKind kind,
      int[] units,
      byte[] ways) {
    List<LayerState> states = GroupStates.of(device, group, layers, kind);
    try {
      GroupCosts costs = new GroupCosts(device, group, layers, states);
      Removal removal = new Removal(group.layers().size());
      for (int i = 0; i < units.length; i++) {
        costs.addTo(removal, units[i], ways[i]);
      }
      double joint = removal.apply(states);
      return new Scored(
          path(fitting(group, costs, EliminationStep.sorted(group, costs, 0))), joint);
    } finally {
      states.forEach(LayerState::close);
    }
  }

  /** Those that may go after the ones before them. */
  private static List<EliminationStep> fitting(
      CoupledGroup group, GroupCosts costs, List<EliminationStep> sorted) {
    Removal removal = new Removal(group.layers().size());
    List<EliminationStep> fitting = new ArrayList<>();
    for (EliminationStep each : sorted) {
      if (costs.fits(removal, each.positions())) {
        each.units().forEach(unit -> costs.addTo(removal, unit.unit(), unit.way()));
        fitting.add(each);
      }
    }
    return fitting;
  }

  private static Path path(List<EliminationStep> sorted) {
    List<EliminationStep.Candidate> units = new ArrayList<>();
    List<Double> levels = new ArrayList<>();
    for (EliminationStep step : sorted) {
      for (EliminationStep.Candidate unit : step.units()) {
        units.add(unit);
        levels.add(step.perWeight());
      }
    }
    byte[] ways = new byte[units.size()];
    IntStream.range(0, ways.length).forEach(i -> ways[i] = units.get(i).way());
    return new Path(
        units.stream().mapToInt(EliminationStep.Candidate::unit).toArray(),
        ways,
        levels.stream().mapToDouble(Double::doubleValue).toArray(),
        units.stream().mapToDouble(EliminationStep.Candidate::cost).toArray(),
        true);
  }
}
