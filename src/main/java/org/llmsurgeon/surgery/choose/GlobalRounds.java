package org.llmsurgeon.surgery.choose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.CostCounts;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * The choice of a shot in global rounds on the same factors (method, section 6, ours). In each
 * round all groups cost what is left of them, one threshold takes an equal part of the shot's
 * share, and the next round sees what is gone; room that is saved for a large unit goes to the next
 * round, and after the last to the next shot. One round is the single selection: every unit as if
 * it went alone.
 */
public final class GlobalRounds {
  private final List<UnitPlan.Planned> planned;
  private final UnitMerge merge;
  private final int rounds;
  private final List<ChosenUnits> chosen = new ArrayList<>();
  private final Map<UnitKind, PathMerge.KindShare> kinds = new EnumMap<>(UnitKind.class);
  private final Map<UnitKind, CostCounts> costs = new EnumMap<>(UnitKind.class);
  private double threshold;

  /**
   * @param planned all groups of the model
   * @param recipe how many rounds, and which layers may be touched
   */
  public GlobalRounds(List<UnitPlan.Planned> planned, Recipe recipe) {
    this.planned = planned;
    this.merge = new UnitMerge(planned, recipe.layers());
    this.rounds = recipe.selection().rounds();
    IntStream.range(0, planned.size()).forEach(group -> chosen.add(ChosenUnits.none(group)));
  }

  /**
   * Chooses.
   *
   * @param target how much may be gone
   * @param score what the tasks of all groups say after what is chosen so far, in their order
   * @return as of one merge; the prediction is the exact joint cost of all rounds but the last, and
   *     the sum of the last one's costs
   */
  public PathMerge.Result choose(
      PathMerge.Target target, Function<List<ChosenUnits>, List<RoundScore>> score) {
    double end = target.kept() ? target.now() : target.end();
    List<List<Selection>> gone = null;
    double start = 0;
    PathMerge.Result result = null;
    double joint = 0;
    for (int round = 1; round <= rounds; round++) {
      List<RoundScore> scores = score.apply(List.copyOf(chosen));
      joint = scores.stream().mapToDouble(RoundScore::joint).sum();
      if (round == 1) {
        gone = scores.stream().map(each -> each.left().gone()).toList();
        PathMerge.Result nothing = select(scores, gone, new PathMerge.Target(0, 0));
        start = (double) nothing.gone().removed() / nothing.gone().total();
      }
      double part = Math.max(0, target.now() - start) * round / rounds;
      double until = round == rounds ? target.now() : Math.min(target.now(), start + part);
      result = select(scores, gone, new PathMerge.Target(until, end));
      gone = result.selections();
      remember(scores, result);
    }
    return total(result, joint + result.gone().predicted());
  }

  private PathMerge.Result select(
      List<RoundScore> scores, List<List<Selection>> gone, PathMerge.Target target) {
    return merge.select(groups(scores, gone), target, WidthRule.NONE);
  }

  private List<PathMerge.Group> groups(List<RoundScore> scores, List<List<Selection>> gone) {
    return IntStream.range(0, planned.size())
        .mapToObj(i -> group(planned.get(i), scores.get(i).left(), gone.get(i)))
        .toList();
  }

  private static PathMerge.Group group(
      UnitPlan.Planned planned, GroupScore left, List<Selection> gone) {
    return new PathMerge.Group(planned.group(), left.path(), List.of(), left.dead(), gone);
  }

  private void remember(List<RoundScore> scores, PathMerge.Result result) {
    for (int i = 0; i < chosen.size(); i++) {
      chosen.set(i, with(chosen.get(i), scores.get(i).left().path(), result.prefixes()[i]));
    }
    result.kinds().forEach((kind, share) -> kinds.merge(kind, share, PathMerge.KindShare::plus));
    result.costs().forEach((kind, counts) -> costs.merge(kind, counts, CostCounts::then));
    threshold = Math.max(threshold, result.gone().threshold());
  }

  private static ChosenUnits with(ChosenUnits before, Path path, int prefix) {
    int old = before.units().length;
    int[] units = Arrays.copyOf(before.units(), old + prefix);
    byte[] ways = Arrays.copyOf(before.ways(), old + prefix);
    System.arraycopy(path.units(), 0, units, old, prefix);
    System.arraycopy(path.ways(), 0, ways, old, prefix);
    return new ChosenUnits(before.group(), units, ways);
  }

  /** The parts of the kinds are scaled so that they add up to the prediction. */
  private PathMerge.Result total(PathMerge.Result last, double predicted) {
    double sum = kinds.values().stream().mapToDouble(PathMerge.KindShare::predicted).sum();
    double scale = sum > 0 ? predicted / sum : 1;
    kinds.replaceAll(
        (kind, share) -> new PathMerge.KindShare(share.units(), share.predicted() * scale));
    return new PathMerge.Result(
        last.prefixes(),
        last.selections(),
        new PathMerge.Gone(threshold, predicted, last.gone().removed(), last.gone().total()),
        kinds,
        last.tooShort(),
        last.unmet(),
        costs);
  }
}
