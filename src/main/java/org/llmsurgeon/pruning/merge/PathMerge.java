package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WeightCount;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * One threshold over the elimination paths of all groups (method, section 6, ours). Units go by
 * (level, group) while they fit; each path from its start, so that what goes of a group is always
 * the first part of its path. The exact number of weights is counted, and never exceeds the target.
 * Where the next unit of a path does not fit, that path ends there, and smaller units of others may
 * still use the room.
 *
 * <p>Unless that unit would fit in what is gone at the end of the run: then the merge ends, and the
 * room that is left is saved for it. Else a large unit, a head for example, would never go in a run
 * of many small shots, though it is the cheapest. See {@link Target} for where nothing is saved.
 *
 * <p>What is 0 already is gone whatever the target: zeros stay zeros. What merely has no effect on
 * the loss now, but has weights, goes before everything else of its group, as far as it fits.
 *
 * <p>Of groups that are peers as many stay as must: the path of one ends before its last unit where
 * that would leave too few.
 *
 * <p>Where only some widths may be left, units of a path up to the next such width go together or
 * not at all, and compete with their mean cost per weight. Groups that are not as the rule wants
 * them before anything goes are brought there before all others, even if the share must first grow
 * for it; see {@link OneWidth} for one width of all layers.
 */
public final class PathMerge {
  private final List<Group> groups;
  private final WidthRule rule;
  private final List<PathCut> cuts = new ArrayList<>();
  private final BitSet tooShort = new BitSet();
  private long removed;
  private long total;
  private double predicted;
  private double threshold;

  /**
   * A group with its path.
   *
   * @param group the group
   * @param path its path
   * @param even paths that stand in for it where all layers have one width: on each, key/value
   *     groups are brought to another number of heads before the first group goes; may be empty
   * @param dead for each layer, rows and columns that have no effect on the loss; they are not on
   *     the path
   * @param gone for each layer, those among them whose weights are all 0 already
   */
  public record Group(
      CoupledGroup group, Path path, List<Path> even, List<Selection> dead, List<Selection> gone) {
    /**
     * A group in which everything has some effect.
     *
     * @param group the group
     * @param path its path
     */
    public Group(CoupledGroup group, Path path) {
      this(group, path, List.of(), nothing(group), nothing(group));
    }

    /** The same group along each path that it can take to one width of all layers. */
    List<Group> ways() {
      return even.isEmpty()
          ? List.of(this)
          : even.stream().map(each -> new Group(group, each, List.of(), dead, gone)).toList();
    }

    private static List<Selection> nothing(CoupledGroup group) {
      return group.layers().stream().map(layer -> Selection.NONE).toList();
    }
  }

  /**
   * What goes of one kind of unit.
   *
   * @param units how many
   * @param predicted sum of their costs
   */
  public record KindShare(int units, double predicted) {
    /** Both together. */
    public KindShare plus(KindShare other) {
      return new KindShare(units + other.units, predicted + other.predicted);
    }
  }

  /**
   * What goes.
   *
   * @param prefixes how many units of each group's path
   * @param selections for each group, for each of its layers
   * @param gone how much that is
   * @param kinds the part of each kind of which something goes
   * @param tooShort groups whose path ended before the threshold did: their paths must be followed
   *     further, and the merge done again
   * @param unmet groups that are not yet as wide as the rule wants them, for which the target is
   *     too small
   * @param costs for each kind, how many units have which cost per weight, as far as paths go
   */
  public record Result(
      int[] prefixes,
      List<List<Selection>> selections,
      Gone gone,
      Map<UnitKind, KindShare> kinds,
      int[] tooShort,
      int[] unmet,
      Map<UnitKind, CostCounts> costs) {}

  /**
   * How much goes.
   *
   * @param threshold the highest level among it; 0 where nothing goes
   * @param predicted sum of its costs, in units of the loss's quadratic model
   * @param removed weights that are gone, those that were 0 before included, exactly
   * @param total weights of all layers
   */
  public record Gone(double threshold, double predicted, long removed, long total) {}

  /**
   * How much may be gone.
   *
   * @param now share of all weights after this shot, in [0, 1]
   * @param end share of all weights at the end of the run, in [0, 1]
   * @param kept whether the model is kept as it is after this shot: then no room is saved
   */
  public record Target(double now, double end, boolean kept) {
    /**
     * Checks the shares.
     *
     * @throws InputException if one is not in [0, 1]
     */
    public Target {
      LayerSparsity.checkShare(now);
      LayerSparsity.checkShare(end);
    }

    /** A target on the way, or, where both shares are the same, the last. */
    public Target(double now, double end) {
      this(now, end, false);
    }
  }

  private PathMerge(List<Group> groups, WidthRule rule) {
    this.groups = groups;
    this.rule = rule;
    for (Group group : groups) {
      PathCut cut = new PathCut(group, rule);
      cuts.add(cut);
      total += group.group().weights();
      removed += group.group().weights() - cut.left();
    }
  }

  /**
   * Merges paths; groups may be left as wide as their layout allows.
   *
   * @param groups all groups, in the model's order, which breaks ties
   * @param target share of all weights that may be gone, in [0, 1]
   * @throws InputException if the target is not in [0, 1]
   */
  public static Result select(List<Group> groups, double target) {
    return select(groups, new Target(target, target), WidthRule.NONE);
  }

  /**
   * Merges paths.
   *
   * @param groups all groups, in the model's order, which breaks ties
   * @param target share of all weights that may be gone
   * @param rule which widths may be left
   */
  public static Result select(List<Group> groups, Target target, WidthRule rule) {
    PathMerge merge = new PathMerge(groups, rule);
    long limit = WeightCount.atMost(target.now(), merge.total);
    long end = WeightCount.atMost(target.end(), merge.total);
    if (rule.oneWidth()) {
      merge.takeOneWidth(limit, end);
    } else if (merge.walk(limit, limit, cut -> !cut.splits())) {
      merge.walk(limit, target.kept() ? limit : end, cut -> true);
    }
    return merge.result();
  }

  private void takeOneWidth(long limit, long end) {
    List<List<PathCut>> ways = new ArrayList<>();
    for (Group group : groups) {
      ways.add(group.ways().stream().map(way -> new PathCut(way, rule)).toList());
    }
    OneWidth width = new OneWidth(ways);
    removed += width.take(limit - removed, end - removed);
    for (int i = 0; i < cuts.size(); i++) {
      cuts.set(i, width.cut(i));
      threshold = Math.max(threshold, cuts.get(i).highest());
      if (!groups.get(i).path().reachedEnd()) {
        tooShort.set(i);
      }
    }
  }

  /** Goes along some paths as long as these need it; returns whether none of them needs more. */
  private boolean walk(long limit, long end, Predicate<PathCut> needs) {
    PriorityQueue<Integer> open =
        new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(i -> cuts.get(i).level()).thenComparingInt(i -> i));
    for (int i = 0; i < cuts.size(); i++) {
      if (needs.test(cuts.get(i))) {
        offer(open, i);
      }
    }
    while (!open.isEmpty()) {
      int next = open.poll();
      PathCut cut = cuts.get(next);
      if (mustStay(next)) {
        continue;
      }
      double level = cut.level();
      long added = cut.take(limit - removed);
      if (added >= 0) {
        removed += added;
        threshold = Math.max(threshold, level);
        if (needs.test(cut)) {
          offer(open, next);
        }
      } else if (cut.weightsNext() <= end - removed) {
        break;
      }
    }
    return cuts.stream().noneMatch(needs);
  }

  /** Whether what a path says next would leave too few of a group's peers. */
  private boolean mustStay(int index) {
    CoupledGroup.Peers peers = groups.get(index).group().peers();
    if (peers == null || !cuts.get(index).emptiesNext()) {
      return false;
    }
    long left =
        IntStream.range(0, cuts.size())
            .filter(i -> peers.equals(groups.get(i).group().peers()) && !cuts.get(i).isEmpty())
            .count();
    return left <= peers.least();
  }

  private void offer(PriorityQueue<Integer> open, int index) {
    if (cuts.get(index).hasNext()) {
      open.add(index);
    } else if (!groups.get(index).path().reachedEnd()) {
      tooShort.set(index);
    }
  }

  private Result result() {
    List<List<Selection>> selections = new ArrayList<>();
    for (PathCut cut : cuts) {
      selections.add(cut.selections());
      predicted += cut.predicted();
    }
    Map<UnitKind, KindShare> kinds = new EnumMap<>(UnitKind.class);
    cuts.forEach(cut -> cut.addTo(kinds));
    Map<UnitKind, CostCounts.Counter> counters = new EnumMap<>(UnitKind.class);
    cuts.forEach(cut -> cut.count(counters));
    Map<UnitKind, CostCounts> costs = new EnumMap<>(UnitKind.class);
    counters.forEach((kind, counter) -> costs.put(kind, counter.counts()));
    int[] prefixes = cuts.stream().mapToInt(PathCut::prefix).toArray();
    return new Result(
        prefixes,
        selections,
        new Gone(threshold, predicted, removed, total),
        kinds,
        tooShort.stream().toArray(),
        IntStream.range(0, cuts.size()).filter(this::isUnmet).toArray(),
        costs);
  }

  private boolean isUnmet(int index) {
    PathCut cut = cuts.get(index);
    return !cut.splits()
        || rule.oneWidth()
            && cuts.stream()
                .anyMatch(
                    other -> other.member() == cut.member() && !other.width().equals(cut.width()));
  }
}
