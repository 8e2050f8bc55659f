package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.llmsurgeon.InputException;

/**
 * One threshold over the elimination paths of all groups (algorithm section 6, ours). Units go by
 * (level, group) while they fit; each path from its start, so that what goes of a group is always
 * the first part of its path. The exact number of weights is counted, and never exceeds the target.
 * Where the next unit of a path does not fit, that path ends there, and smaller units of others may
 * still use the room.
 *
 * <p>Where neurons are to be left in multiples of some number, those of a path that reach the next
 * multiple go together or not at all, and compete with their mean cost per weight.
 */
public final class PathMerge {
  private final List<Group> groups;
  private final List<Cut> cuts = new ArrayList<>();
  private long removed;
  private long total;
  private double predicted;
  private double threshold;

  /**
   * A group with its path.
   *
   * @param group the group
   * @param path its path
   * @param dead for each layer, rows and columns that are dead already; they go first and cost
   *     nothing
   */
  public record Group(CoupledGroup group, Path path, List<Selection> dead) {}

  /**
   * What goes of one kind of unit.
   *
   * @param units how many
   * @param predicted sum of their costs
   */
  public record KindShare(int units, double predicted) {
    KindShare plus(double cost) {
      return new KindShare(units + 1, predicted + cost);
    }
  }

  /**
   * What goes.
   *
   * @param prefixes how many units of each group's path
   * @param selections for each group, for each of its layers
   * @param threshold the highest level among what goes; 0 where nothing goes
   * @param predicted sum of the costs of what goes, in units of the loss's quadratic model
   * @param removed weights that are gone, dead ones included, exactly
   * @param total weights of all layers
   * @param kinds the part of each kind of which something goes
   * @param tooShort groups whose path ended before the threshold did: their paths must be followed
   *     further, and the merge done again
   */
  public record Result(
      int[] prefixes,
      List<List<Selection>> selections,
      double threshold,
      double predicted,
      long removed,
      long total,
      Map<UnitKind, KindShare> kinds,
      int[] tooShort) {}

  private PathMerge(List<Group> groups, int roundTo) {
    this.groups = groups;
    for (Group group : groups) {
      Cut cut = new Cut(group, roundTo);
      cuts.add(cut);
      total += group.group().weights();
      removed += group.group().weights() - cut.left();
    }
  }

  /**
   * Merges paths; any number of neurons may be left.
   *
   * @param groups all groups, in the model's order, which breaks ties
   * @param target share of all weights that may be gone, in [0, 1]
   * @throws InputException if the target is not in [0, 1]
   */
  public static Result select(List<Group> groups, double target) {
    return select(groups, target, 1);
  }

  /**
   * Merges paths.
   *
   * @param groups all groups, in the model's order, which breaks ties
   * @param target share of all weights that may be gone, in [0, 1]
   * @param roundTo in each group of which neurons go, those left are a multiple of this
   * @throws InputException if the target is not in [0, 1]
   */
  public static Result select(List<Group> groups, double target, int roundTo) {
    GlobalThreshold.checkSparsity(target);
    PathMerge merge = new PathMerge(groups, roundTo);
    return merge.run(target * merge.total);
  }

  private Result run(double limit) {
    PriorityQueue<Integer> open =
        new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(i -> cuts.get(i).level()).thenComparingInt(i -> i));
    BitSet tooShort = new BitSet();
    for (int i = 0; i < cuts.size(); i++) {
      offer(open, tooShort, i);
    }
    while (!open.isEmpty()) {
      int next = open.poll();
      Cut cut = cuts.get(next);
      double level = cut.level();
      long added = cut.take(limit - removed);
      if (added >= 0) {
        removed += added;
        threshold = Math.max(threshold, level);
        offer(open, tooShort, next);
      }
    }
    return result(tooShort);
  }

  private void offer(PriorityQueue<Integer> open, BitSet tooShort, int index) {
    if (cuts.get(index).hasNext()) {
      open.add(index);
    } else if (!groups.get(index).path().reachedEnd()) {
      tooShort.set(index);
    }
  }

  private Result result(BitSet tooShort) {
    List<List<Selection>> selections = new ArrayList<>();
    for (Cut cut : cuts) {
      selections.add(cut.selections());
      predicted += cut.predicted;
    }
    Map<UnitKind, KindShare> kinds = new EnumMap<>(UnitKind.class);
    cuts.forEach(cut -> cut.addTo(kinds));
    int[] prefixes = cuts.stream().mapToInt(cut -> cut.next).toArray();
    return new Result(
        prefixes,
        selections,
        threshold,
        predicted,
        removed,
        total,
        kinds,
        tooShort.stream().toArray());
  }

  /** How far one group's path is gone. */
  private static final class Cut {
    private final CoupledGroup group;
    private final Path path;
    private final GroupLines lines;
    private final int roundTo;
    private int neurons;
    private int next;
    private int end;
    private double level;
    private double predicted;

    Cut(Group group, int roundTo) {
      this.group = group.group();
      this.path = group.path();
      this.lines = new GroupLines(group.group().layers(), group.dead());
      this.roundTo = roundTo;
      this.neurons =
          (int)
              this.group.units().stream()
                  .filter(unit -> unit.kind() == UnitKind.NEURON && isLeft(unit))
                  .count();
      lookAhead();
    }

    private boolean isLeft(Unit unit) {
      return !lines.isGone(unit.ways().get(0).compensated());
    }

    /** Finds what would go next: one unit, or, from a neuron on, all up to the next multiple. */
    private void lookAhead() {
      if (roundTo == 1) {
        end = Math.min(next + 1, path.length());
        level = hasNext() ? path.levels()[next] : level;
        return;
      }
      List<GroupLines.Mark> marks = new ArrayList<>();
      long before = lines.left();
      int left = neurons;
      double cost = 0;
      end = next;
      do {
        if (end == path.length()) {
          end = next;
          break;
        }
        left -= remove(end, marks);
        cost += path.costs()[end];
        end++;
      } while (left != neurons && left % roundTo != 0);
      double mean = cost / Math.max(1, before - lines.left());
      if (end == next + 1) {
        level = Math.max(level, path.levels()[next]);
      } else if (hasNext()) {
        level = Math.max(level, mean);
      }
      undo(marks);
    }

    /** Removes the unit at a place of the path; returns how many neurons went with it: 0 or 1. */
    private int remove(int place, List<GroupLines.Mark> marks) {
      Unit unit = group.units().get(path.units()[place]);
      int neuron = unit.kind() == UnitKind.NEURON && isLeft(unit) ? 1 : 0;
      marks.add(lines.remove(unit.ways().get(path.ways()[place])));
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

    double level() {
      return level;
    }

    long left() {
      return lines.left();
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
        predicted += path.costs()[next];
      }
      neurons -= gone;
      lookAhead();
      return added;
    }

    void addTo(Map<UnitKind, KindShare> kinds) {
      for (int place = 0; place < next; place++) {
        UnitKind kind = group.units().get(path.units()[place]).kind();
        double cost = path.costs()[place];
        kinds.merge(kind, new KindShare(1, cost), (sum, one) -> sum.plus(cost));
      }
    }

    List<Selection> selections() {
      return lines.selections();
    }
  }

  /** The selections of all groups' layers in one list, in the order of the groups. */
  public static List<Selection> flat(Result result) {
    return result.selections().stream().flatMap(List::stream).toList();
  }
}
