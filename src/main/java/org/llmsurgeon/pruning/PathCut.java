package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How far one group's path is gone in a merge. */
final class PathCut {
  private final List<PathStep> steps;
  private final int deadSteps;
  private final GroupLines lines;
  private final int roundTo;
  private int neurons;
  private int next;
  private int end;
  private double level;
  private double predicted;

  PathCut(PathMerge.Group group, int roundTo) {
    this.steps = PathStep.of(group);
    this.deadSteps = steps.size() - group.path().length();
    this.lines = new GroupLines(group.group().layers(), group.gone());
    this.roundTo = roundTo;
    this.neurons =
        (int)
            group.group().units().stream()
                .filter(unit -> unit.kind() == UnitKind.NEURON && isLeft(unit.ways().get(0)))
                .count();
    lookAhead();
  }

  private boolean isLeft(Unit.Way way) {
    return !lines.isGone(way.compensated());
  }

  /** Finds what would go next: one unit, or, from a neuron on, all up to the next multiple. */
  private void lookAhead() {
    if (roundTo == 1) {
      end = Math.min(next + 1, steps.size());
      level = hasNext() ? steps.get(next).level() : level;
      return;
    }
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    int left = neurons;
    double cost = 0;
    end = next;
    do {
      if (end == steps.size()) {
        end = next;
        break;
      }
      left -= remove(end, marks);
      cost += steps.get(end).cost();
      end++;
    } while (left != neurons && left % roundTo != 0);
    double mean = cost / Math.max(1, before - lines.left());
    if (end == next + 1) {
      level = Math.max(level, steps.get(next).level());
    } else if (hasNext()) {
      level = Math.max(level, mean);
    }
    undo(marks);
  }

  /** Removes what goes in a step; returns how many neurons went with it: 0 or 1. */
  private int remove(int place, List<GroupLines.Mark> marks) {
    PathStep step = steps.get(place);
    int neuron = step.kind() == UnitKind.NEURON && isLeft(step.way()) ? 1 : 0;
    marks.add(lines.remove(step.way()));
    return neuron;
  }

  private void undo(List<GroupLines.Mark> marks) {
    for (int i = marks.size() - 1; i >= 0; i--) {
      lines.undo(marks.get(i));
    }
  }

  boolean hasNext() {
    return end > next;
  }

  /** Cost per weight of what goes next. */
  double level() {
    return level;
  }

  /** Weights that are left. */
  long left() {
    return lines.left();
  }

  /** Sum of the costs of what is gone. */
  double predicted() {
    return predicted;
  }

  /** How many units of the path are gone; what was dead before is not on it. */
  int prefix() {
    return Math.max(0, next - deadSteps);
  }

  /** Takes what goes next if it is at most so many weights; returns how many, or -1. */
  long take(double room) {
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    int gone = 0;
    for (int place = next; place < end; place++) {
      gone += remove(place, marks);
    }
    long added = before - lines.left();
    if (added > room) {
      undo(marks);
      return -1;
    }
    for (; next < end; next++) {
      predicted += steps.get(next).cost();
    }
    neurons -= gone;
    lookAhead();
    return added;
  }

  void addTo(Map<UnitKind, PathMerge.KindShare> kinds) {
    for (PathStep step : steps.subList(0, next)) {
      if (step.kind() != null) {
        PathMerge.KindShare one = new PathMerge.KindShare(1, step.cost());
        kinds.merge(step.kind(), one, PathMerge.KindShare::plus);
      }
    }
  }

  List<Selection> selections() {
    return lines.selections();
  }
}
