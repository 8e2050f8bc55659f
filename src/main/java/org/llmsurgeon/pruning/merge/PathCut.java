package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.GroupLines;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Width;
import org.llmsurgeon.pruning.structure.WidthLayout;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * How far one group's path is gone in a merge. Where only some widths may be left, the path is cut
 * only there: what lies between goes together, with its mean cost per weight.
 */
final class PathCut {
  private final PathMerge.Group group;
  private final List<PathStep> dead;
  private final int size;
  private final GroupLines lines;
  private final WidthLayout layout;
  private final WidthRule rule;
  private Width width;
  private int next;
  private int end;
  private double level;
  private double predicted;

  /**
   * A place where the path may be cut.
   *
   * @param place steps before it
   * @param width what is left there
   * @param weights that go until there
   * @param cost of what goes until there
   */
  record Stop(int place, Width width, long weights, double cost) {}

  PathCut(PathMerge.Group group, WidthRule rule) {
    this.group = group;
    this.dead = DeadSteps.of(group);
    this.size = dead.size() + group.path().length();
    this.lines = new GroupLines(group.group().layers(), group.gone());
    this.layout = group.group().widths();
    this.rule = rule;
    this.width = Width.of(layout, lines);
    lookAhead();
  }

  /** What is dead goes first, then the path. Not kept: there are millions in a large model. */
  private PathStep step(int place) {
    return place < dead.size() ? dead.get(place) : PathStep.of(group, place - dead.size());
  }

  /** Finds what would go next: one step, or all up to the next place where the path may be cut. */
  private void lookAhead() {
    if (rule.allows(layout)) {
      end = Math.min(next + 1, size);
      level = hasNext() ? step(next).level() : level;
      return;
    }
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    double cost = 0;
    Width left = width;
    end = next;
    do {
      if (end == size) {
        end = next;
        break;
      }
      left = remove(end, left, marks);
      cost += step(end).cost();
      end++;
    } while (!mayStop(left));
    double mean = cost / Math.max(1, before - lines.left());
    if (end == next + 1) {
      level = Math.max(level, step(next).level());
    } else if (hasNext()) {
      level = Math.max(level, mean);
    }
    undo(marks);
  }

  private boolean mayStop(Width left) {
    return left.equals(width) && splits() || rule.fits(layout, left);
  }

  /** Removes what goes in a step; returns how wide the group is after it. */
  private Width remove(int place, Width before, List<GroupLines.Mark> marks) {
    GroupLines.Mark mark = lines.remove(step(place).way());
    marks.add(mark);
    return before.after(mark, layout, lines);
  }

  /** Removes what goes next; returns how wide the group is after it. */
  private Width removeNext(List<GroupLines.Mark> marks) {
    Width left = width;
    for (int place = next; place < end; place++) {
      left = remove(place, left, marks);
    }
    return left;
  }

  private void undo(List<GroupLines.Mark> marks) {
    for (int i = marks.size() - 1; i >= 0; i--) {
      lines.undo(marks.get(i));
    }
  }

  /** Every place where the path may be cut, from the start on. */
  List<Stop> stops() {
    List<Stop> stops = new ArrayList<>();
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    double cost = 0;
    Width left = width;
    for (int place = 0; place <= size; place++) {
      if (rule.fits(layout, left)) {
        stops.add(new Stop(place, left, before - lines.left(), cost));
      }
      if (place < size) {
        left = remove(place, left, marks);
        cost += step(place).cost();
      }
    }
    undo(marks);
    return stops;
  }

  /** Whether the group says nothing. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  /** Whether it would say nothing after what goes next. */
  boolean emptiesNext() {
    if (lines.isEmpty()) {
      return false;
    }
    List<GroupLines.Mark> marks = new ArrayList<>();
    removeNext(marks);
    boolean empty = lines.isEmpty();
    undo(marks);
    return empty;
  }

  boolean hasNext() {
    return end > next;
  }

  /** Cost per weight of what goes next. */
  double level() {
    return level;
  }

  /** The highest level among what is gone; 0 where nothing is. */
  double highest() {
    return IntStream.range(0, next).mapToDouble(place -> step(place).level()).max().orElse(0);
  }

  /** What the group's width is counted in. */
  UnitKind member() {
    return layout.member();
  }

  /** How wide the group is now. */
  Width width() {
    return width;
  }

  /** Whether each machine gets an equal part of the group as it is now. */
  boolean splits() {
    return rule.splits(layout, width);
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
    return Math.max(0, next - dead.size());
  }

  /** How many weights go next. */
  long weightsNext() {
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    removeNext(marks);
    long weights = before - lines.left();
    undo(marks);
    return weights;
  }

  /** Takes what goes next if it is at most so many weights; returns how many, or -1. */
  long take(double room) {
    List<GroupLines.Mark> marks = new ArrayList<>();
    long before = lines.left();
    Width left = removeNext(marks);
    long added = before - lines.left();
    if (added > room) {
      undo(marks);
      return -1;
    }
    for (; next < end; next++) {
      predicted += step(next).cost();
    }
    width = left;
    lookAhead();
    return added;
  }

  /** Takes everything up to a place; returns how many weights. */
  long takeUntil(int place) {
    end = Math.max(next, place);
    return take(Double.POSITIVE_INFINITY);
  }

  void addTo(Map<UnitKind, PathMerge.KindShare> kinds) {
    for (int place = 0; place < next; place++) {
      PathStep step = step(place);
      PathMerge.KindShare one = new PathMerge.KindShare(1, step.cost());
      kinds.merge(step.kind(), one, PathMerge.KindShare::plus);
    }
  }

  /** Counts by cost per weight what goes and what stays of the path. */
  void count(Map<UnitKind, CostCounts.Counter> counters) {
    for (int place = 0; place < size; place++) {
      PathStep step = step(place);
      counters
          .computeIfAbsent(step.kind(), kind -> new CostCounts.Counter())
          .add(step.level(), place < next, 1);
    }
  }

  List<Selection> selections() {
    return lines.selections();
  }
}
