package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.GroupLines;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;

/**
 * The order in which a coupled group gives up its units by scores that somebody else has given
 * them, all at once: no score changes because others are gone. A move of several units, see {@link
 * EliminationStep}, has the mean of their scores.
 *
 * <p>The level of a step is its score, and its cost the score times the weights that go with it, so
 * that steps that go together compete by the mean score of their weights. It is no loss.
 */
public final class ScoredPath {
  private final CoupledGroup group;
  private final double[] scores;
  private final GroupLines lines;

  private ScoredPath(CoupledGroup group, double[] scores) {
    this.group = group;
    this.scores = scores;
    this.lines = GroupLines.none(group.layers());
  }

  /**
   * The path of a group of which nothing is gone.
   *
   * @param group the group; each unit can go in one way, or in the first of its ways
   * @param scores of its units, at least 0; the lowest go first
   * @param keep query heads that each key/value group is brought to before the first group goes; 0
   *     for any order
   * @return to the end, or as far as the layers' limits allow
   * @throws NonFiniteException if a score is not finite, naming the group
   */
  public static Path of(CoupledGroup group, double[] scores, int keep) {
    for (int unit = 0; unit < scores.length; unit++) {
      if (!Double.isFinite(scores[unit])) {
        throw new NonFiniteException(group.name(), "score of unit " + unit);
      }
      if (scores[unit] < 0) {
        throw new IllegalArgumentException("score " + scores[unit] + " of unit " + unit);
      }
    }
    return new ScoredPath(group, scores).path(keep);
  }

  private Path path(int keep) {
    List<Integer> units = new ArrayList<>();
    List<Double> levels = new ArrayList<>();
    List<Double> costs = new ArrayList<>();
    for (EliminationStep move : moves(keep)) {
      double level = score(move);
      List<GroupLines.Mark> marks = new ArrayList<>();
      int before = units.size();
      for (EliminationStep.Candidate each : move.units()) {
        Unit.Way way = group.units().get(each.unit()).ways().get(0);
        long left = lines.left();
        marks.add(lines.remove(way));
        if (lines.left() < left) {
          units.add(each.unit());
          levels.add(level);
          costs.add(level * (left - lines.left()));
        }
      }
      if (!lines.withinMost()) {
        marks.forEach(lines::undo);
        List.of(units, levels, costs).forEach(list -> list.subList(before, list.size()).clear());
      }
    }
    return new Path(
        units.stream().mapToInt(Integer::intValue).toArray(),
        new byte[units.size()],
        doubles(levels),
        doubles(costs),
        true);
  }

  private static double[] doubles(List<Double> list) {
    return list.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private double score(EliminationStep move) {
    return Arrays.stream(move.positions()).mapToDouble(unit -> scores[unit]).average().orElse(0);
  }

  private List<EliminationStep> moves(int keep) {
    List<EliminationStep> moves = new ArrayList<>();
    List<EliminationStep.Candidate> heads = new ArrayList<>();
    for (int unit = 0; unit < scores.length; unit++) {
      EliminationStep.Candidate candidate =
          new EliminationStep.Candidate(unit, (byte) 0, scores[unit], 0);
      if (group.widths().even() && group.units().get(unit).kind() == UnitKind.HEAD) {
        heads.add(candidate);
      } else {
        moves.add(EliminationStep.of(candidate));
      }
    }
    List<EliminationStep> sets = HeadSets.of(group, heads, keep);
    if (keep > 0) {
      return Stream.concat(sets.stream(), sorted(moves).stream()).toList();
    }
    moves.addAll(sets);
    return sorted(moves);
  }

  private List<EliminationStep> sorted(List<EliminationStep> moves) {
    return moves.stream()
        .sorted(
            Comparator.comparingDouble(this::score)
                .thenComparingInt(move -> move.units().get(0).unit()))
        .toList();
  }
}
