package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.pruning.layer.CostKind;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.structure.CoupledGroup;

/**
 * Follows the elimination path of a coupled group (method, section 6, ours). A round takes the
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

  /** A unit on the path. */
  private record Step(int unit, byte way, double level, double cost) {}

  private EliminationPath(
      Device device, CoupledGroup group, List<LayerSurgery> layers, CostKind kind) {
    this.group = group;
    this.states = GroupStates.of(device, group, layers, kind);
    this.costs = new GroupCosts(device, group, layers, states);
  }

  /**
   * Follows the path of a group.
   *
   * @param device where everything lives
   * @param group the group
   * @param layers its layers with this shot's factors; left as they are
   * @param options how far and in which steps
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite, naming the group
   * @throws org.llmsurgeon.curvature.NotPositiveDefiniteException if a factor has no damped inverse
   */
  public static Path follow(
      Device device, CoupledGroup group, List<LayerSurgery> layers, PathOptions options) {
    EliminationPath path = new EliminationPath(device, group, layers, options.costs());
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
      List<EliminationStep> steps = EliminationStep.sorted(group, costs, options.heads());
      end = steps.isEmpty();
      if (!end) {
        round(steps, options.step() * start);
      }
    }
    return path(end || weights() == 0);
  }

  private long weights() {
    return states.stream().mapToLong(LayerState::weights).sum();
  }

  private void round(List<EliminationStep> steps, double share) {
    Removal removal = new Removal(group.layers().size());
    List<EliminationStep> chosen = new ArrayList<>();
    long size = 0;
    for (EliminationStep each : steps) {
      if (size >= share && !chosen.isEmpty()) {
        break;
      }
      List<EliminationStep.Candidate> fresh =
          costs.fits(removal, each.positions())
              ? each.units().stream()
                  .filter(unit -> costs.addTo(removal, unit.unit(), unit.way()))
                  .toList()
              : List.of();
      if (!fresh.isEmpty()) {
        EliminationStep going = EliminationStep.of(fresh);
        chosen.add(going);
        size += going.weights();
      }
    }
    double joint = removal.apply(states);
    double sum =
        chosen.stream()
            .flatMap(step -> step.units().stream())
            .mapToDouble(EliminationStep.Candidate::cost)
            .sum();
    double scale = sum > 0 ? Math.max(1, joint / sum) : 1;
    for (EliminationStep each : chosen) {
      level = Math.max(level, each.perWeight() * scale);
      for (EliminationStep.Candidate unit : each.units()) {
        taken.add(new Step(unit.unit(), unit.way(), level, unit.cost() * scale));
      }
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
