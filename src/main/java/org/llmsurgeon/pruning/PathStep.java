package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.List;

/**
 * One removal in the order of a group.
 *
 * @param kind of the unit that goes; null for a dead line of no unit
 * @param way what goes and how
 * @param level cost per weight, never falling along a path
 * @param cost what it adds to the loss by the quadratic model
 */
record PathStep(UnitKind kind, Unit.Way way, double level, double cost) {
  /** A group's removals in order: what is dead, then its path. */
  static List<PathStep> of(PathMerge.Group group) {
    List<PathStep> steps = new ArrayList<>(DeadSteps.of(group));
    Path path = group.path();
    for (int i = 0; i < path.length(); i++) {
      Unit unit = group.group().units().get(path.units()[i]);
      Unit.Way way = unit.ways().get(path.ways()[i]);
      steps.add(new PathStep(unit.kind(), way, path.levels()[i], path.costs()[i]));
    }
    return steps;
  }
}
