package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.llmsurgeon.InputException;

/**
 * One threshold over the elimination paths of all groups (algorithm section 6, ours). Units go by
 * (level, group) while they fit; each path from its start, so that what goes of a group is always
 * the first part of its path. The exact number of weights is counted, and never exceeds the target.
 * Where the next unit of a path does not fit, that path ends there, and smaller units of others may
 * still use the room.
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
   * What goes.
   *
   * @param prefixes how many units of each group's path
   * @param selections for each group, for each of its layers
   * @param threshold the highest level among what goes; 0 where nothing goes
   * @param predicted sum of the costs of what goes, in units of the loss's quadratic model
   * @param removed weights that are gone, dead ones included, exactly
   * @param total weights of all layers
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
      int[] tooShort) {}

  private PathMerge(List<Group> groups) {
    this.groups = groups;
    for (Group group : groups) {
      Cut cut = new Cut(group);
      cuts.add(cut);
      total += group.group().weights();
      removed += group.group().weights() - cut.left();
    }
  }

  /**
   * Merges paths.
   *
   * @param groups all groups, in the model's order, which breaks ties
   * @param target share of all weights that may be gone, in [0, 1]
   * @throws InputException if the target is not in [0, 1]
   */
  public static Result select(List<Group> groups, double target) {
    GlobalThreshold.checkSparsity(target);
    PathMerge merge = new PathMerge(groups);
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
    int[] prefixes = cuts.stream().mapToInt(cut -> cut.next).toArray();
    return new Result(
        prefixes, selections, threshold, predicted, removed, total, tooShort.stream().toArray());
  }

  /** How far one group's path is gone. */
  private static final class Cut {
    private final CoupledGroup group;
    private final Path path;
    private final GroupLines lines;
    private int next;
    private double predicted;

    Cut(Group group) {
      this.group = group.group();
      this.path = group.path();
      this.lines = new GroupLines(group.group().layers(), group.dead());
    }

    boolean hasNext() {
      return next < path.length();
    }

    double level() {
      return path.levels()[next];
    }

    long left() {
      return lines.left();
    }

    /** Takes the next unit if it adds at most so many weights; returns how many, or -1. */
    long take(double room) {
      Unit.Way way = group.units().get(path.units()[next]).ways().get(path.ways()[next]);
      long before = lines.left();
      GroupLines.Mark mark = lines.remove(way);
      long added = before - lines.left();
      if (added > room) {
        lines.undo(mark);
        return -1;
      }
      predicted += path.costs()[next];
      next++;
      return added;
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
