package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthRule;

/** A threshold for each coupled group: every one reaches a share on its own (ours). */
public final class GroupThresholds {
  private GroupThresholds() {}

  /**
   * Cuts every path by itself.
   *
   * @param groups all groups, in the model's order
   * @param targets share of the weights of each that may be gone, in [0, 1]
   * @param rule which widths may be left, of each for itself
   * @return as of one merge; the threshold is the highest
   * @throws org.llmsurgeon.InputException if a target is not in [0, 1]
   */
  public static PathMerge.Result select(
      List<PathMerge.Group> groups, List<PathMerge.Target> targets, WidthRule rule) {
    List<PathMerge.Result> results =
        IntStream.range(0, targets.size())
            .mapToObj(i -> PathMerge.select(List.of(groups.get(i)), targets.get(i), rule))
            .toList();
    List<List<Selection>> selections = new ArrayList<>();
    Map<UnitKind, PathMerge.KindShare> kinds = new EnumMap<>(UnitKind.class);
    Map<UnitKind, CostCounts> costs = new EnumMap<>(UnitKind.class);
    for (PathMerge.Result each : results) {
      each.costs().forEach((kind, counts) -> costs.merge(kind, counts, CostCounts::plus));
      selections.addAll(each.selections());
      each.kinds().forEach((kind, share) -> kinds.merge(kind, share, PathMerge.KindShare::plus));
    }
    List<PathMerge.Gone> gone = results.stream().map(PathMerge.Result::gone).toList();
    return new PathMerge.Result(
        results.stream().mapToInt(each -> each.prefixes()[0]).toArray(),
        selections,
        new PathMerge.Gone(
            gone.stream().mapToDouble(PathMerge.Gone::threshold).max().orElse(0),
            gone.stream().mapToDouble(PathMerge.Gone::predicted).sum(),
            gone.stream().mapToLong(PathMerge.Gone::removed).sum(),
            gone.stream().mapToLong(PathMerge.Gone::total).sum()),
        kinds,
        IntStream.range(0, targets.size())
            .filter(i -> results.get(i).tooShort().length > 0)
            .toArray(),
        IntStream.range(0, targets.size()).filter(i -> results.get(i).unmet().length > 0).toArray(),
        costs);
  }
}
