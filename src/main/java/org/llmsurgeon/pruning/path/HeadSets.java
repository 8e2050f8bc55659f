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
   * @param keep how many each key/value group keeps at least
   * @return in the order in which they may go
   */
  static List<EliminationStep> of(
      CoupledGroup group, List<EliminationStep.Candidate> heads, int keep) {
    List<List<EliminationStep.Candidate>> byGroup = new ArrayList<>();
    IntStream.range(0, group.widths().groups()).forEach(each -> byGroup.add(new ArrayList<>()));
    for (EliminationStep.Candidate head : heads) {
      byGroup.get(group.widths().groupOf(group.units().get(head.unit()))).add(head);
    }
    byGroup.removeIf(List::isEmpty);
    byGroup.forEach(
        each ->
            each.sort(
                Comparator.comparingDouble(EliminationStep.Candidate::cost)
                    .thenComparingInt(EliminationStep.Candidate::unit)));
    int least = byGroup.stream().mapToInt(List::size).min().orElse(0);
    List<EliminationStep> sets = new ArrayList<>();
    // Where they are uneven, as heads can be that died, what is too much goes as the first set.
    List<EliminationStep.Candidate> tooMany =
        byGroup.stream().flatMap(each -> each.subList(0, each.size() - least).stream()).toList();
    if (!tooMany.isEmpty()) {
      sets.add(EliminationStep.of(tooMany));
    }
    for (int left = least; left > Math.max(1, keep); left--) {
      int going = left;
      sets.add(
          EliminationStep.of(byGroup.stream().map(each -> each.get(each.size() - going)).toList()));
    }
    return sets;
  }
}
