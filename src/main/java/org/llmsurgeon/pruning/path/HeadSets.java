package org.llmsurgeon.pruning.path;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.CoupledGroup;

/**
 * Query heads that go together where all key/value groups must keep equally many: the cheapest of
 * each, then the next of each. The last of a group stays: it goes with its key/value head, as a
 * group.
 */
final class HeadSets {
  private HeadSets() {}

  /**
   * The sets.
   *
   * @param group an attention
   * @param heads all heads that are left
   * @return in the order in which they may go
   */
  static List<Move> of(CoupledGroup group, List<Move.Candidate> heads) {
    List<List<Move.Candidate>> byGroup = new ArrayList<>();
    IntStream.range(0, group.widths().groups()).forEach(each -> byGroup.add(new ArrayList<>()));
    for (Move.Candidate head : heads) {
      byGroup.get(group.widths().groupOf(group.units().get(head.unit()))).add(head);
    }
    byGroup.removeIf(List::isEmpty);
    byGroup.forEach(
        each ->
            each.sort(
                Comparator.comparingDouble(Move.Candidate::cost)
                    .thenComparingInt(Move.Candidate::unit)));
    int least = byGroup.stream().mapToInt(List::size).min().orElse(0);
    List<Move> sets = new ArrayList<>();
    // Where they are uneven, as heads can be that died, what is too much goes as the first set.
    List<Move.Candidate> tooMany =
        byGroup.stream().flatMap(each -> each.subList(0, each.size() - least).stream()).toList();
    if (!tooMany.isEmpty()) {
      sets.add(new Move(tooMany));
    }
    for (int left = least; left > 1; left--) {
      int going = left;
      sets.add(new Move(byGroup.stream().map(each -> each.get(each.size() - going)).toList()));
    }
    return sets;
  }
}
