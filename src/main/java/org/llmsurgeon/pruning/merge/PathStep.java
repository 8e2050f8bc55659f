package org.llmsurgeon.pruning.merge;

import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;

/**
 * One removal in the order of a group.
 *
 * @param kind of the unit that goes
 * @param way what goes and how
 * @param level cost per weight, never falling along a path
 * @param cost what it adds to the loss by the quadratic model
 */
record PathStep(UnitKind kind, Unit.Way way, double level, double cost) {
  /** A removal of a group's path. */
  static PathStep of(PathMerge.Group group, int place) {
    Path path = group.path();
    Unit unit = group.group().units().get(path.units()[place]);
    Unit.Way way = unit.ways().get(path.ways()[place]);
    return new PathStep(unit.kind(), way, path.levels()[place], path.costs()[place]);
  }
}
