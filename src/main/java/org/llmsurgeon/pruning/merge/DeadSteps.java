package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.GroupLines;
import org.llmsurgeon.pruning.structure.Unit;

/**
 * What a group's path starts with: structure that has no effect on the loss but still has weights.
 * It is not on the path, which knows the live only. A line goes with a unit as soon as all the
 * unit's lines are dead, and until then is left to it; one that belongs to no unit that may go,
 * stays.
 */
final class DeadSteps {
  private DeadSteps() {}

  /**
   * The first steps of a group.
   *
   * @param group the group with what is dead and gone
   * @return steps that cost nothing, in the order of the units
   */
  static List<PathStep> of(PathMerge.Group group) {
    if (group.dead().equals(group.gone())) {
      return List.of();
    }
    CoupledGroup coupled = group.group();
    GroupLines gone = new GroupLines(coupled.layers(), group.gone());
    GroupLines dead = new GroupLines(coupled.layers(), group.dead());
    List<PathStep> steps = new ArrayList<>();
    for (Unit unit : coupled.units()) {
      Unit.Way way = unit.ways().get(0);
      if (dead.isGone(way) && !gone.isGone(way)) {
        gone.remove(way);
        steps.add(new PathStep(unit.kind(), way, 0, 0));
      }
    }
    return coupled.isUnlimited() ? steps : withinMost(group, steps);
  }

  /** Those steps, in their order, after which no layer has lost more than it may. */
  private static List<PathStep> withinMost(PathMerge.Group group, List<PathStep> steps) {
    GroupLines lines = new GroupLines(group.group().layers(), group.gone());
    List<PathStep> within = new ArrayList<>();
    for (PathStep step : steps) {
      long[] before = removed(lines, group.group());
      GroupLines.Mark mark = lines.remove(step.way());
      long[] after = removed(lines, group.group());
      boolean fits = true;
      for (int i = 0; i < after.length; i++) {
        fits &= after[i] == before[i] || after[i] <= group.group().layers().get(i).most();
      }
      if (fits) {
        within.add(step);
      } else {
        lines.undo(mark);
      }
    }
    return within;
  }

  private static long[] removed(GroupLines lines, CoupledGroup group) {
    return IntStream.range(0, group.layers().size()).mapToLong(lines::removed).toArray();
  }
}
