package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Width;

/**
 * Cuts all paths so that every MLP keeps the same neurons and every attention the same heads and
 * groups (ours). For each width that all attentions can have, the MLPs get the narrowest that the
 * target allows; of these pairs the one with the least predicted loss is taken, among those that
 * come within a step of the MLPs' width of the target.
 *
 * <p>A step of all attentions at once can be more than a shot may take. So the widths are chosen
 * for the end of the run, and a shot goes towards them as far as its own target allows: where the
 * MLPs have theirs, the run waits until the attentions' step fits.
 */
final class OneWidth {
  private final List<PathCut> cuts;
  private final List<Option> neurons;
  private final List<Option> heads;
  private final long step;

  /**
   * A width that all groups of a kind can have.
   *
   * @param weights that go for it
   * @param cost of what goes for it
   * @param places where each path is cut, by position of the group
   */
  private record Option(long weights, double cost, Map<Integer, Integer> places) {
    Option plus(int group, PathCut.Stop stop) {
      Map<Integer, Integer> all = new LinkedHashMap<>(places);
      all.put(group, stop.place());
      return new Option(weights + stop.weights(), cost + stop.cost(), all);
    }
  }

  private record Pair(Option neurons, Option heads) {
    long weights() {
      return neurons.weights() + heads.weights();
    }

    double cost() {
      return neurons.cost() + heads.cost();
    }
  }

  OneWidth(List<PathCut> cuts) {
    this.cuts = cuts;
    neurons = options(UnitKind.NEURON);
    heads = options(UnitKind.HEAD);
    step =
        IntStream.range(1, neurons.size())
            .mapToLong(i -> neurons.get(i).weights() - neurons.get(i - 1).weights())
            .max()
            .orElse(0);
  }

  /** Widths that all groups of a kind can have, the widest first. */
  private List<Option> options(UnitKind kind) {
    Map<Width, Option> common = null;
    for (int group = 0; group < cuts.size(); group++) {
      if (cuts.get(group).member() == kind) {
        common = with(common, group);
      }
    }
    Option nothing = new Option(0, 0, Map.of());
    return common == null
        ? List.of(nothing)
        : common.values().stream().sorted(Comparator.comparingLong(Option::weights)).toList();
  }

  private Map<Width, Option> with(Map<Width, Option> common, int group) {
    Map<Width, Option> all = new LinkedHashMap<>();
    for (PathCut.Stop stop : cuts.get(group).stops()) {
      Option before = common == null ? new Option(0, 0, Map.of()) : common.get(stop.width());
      if (before != null && stop.width().members() > 0) {
        all.putIfAbsent(stop.width(), before.plus(group, stop));
      }
    }
    return all;
  }

  /**
   * Cuts the paths.
   *
   * @param now weights that may go in this shot
   * @param end weights that may go until the end of the run
   * @return weights that go
   */
  long take(double now, double end) {
    Optional<Pair> chosen =
        best(neurons, heads, end)
            .flatMap(last -> best(upTo(neurons, last.neurons()), upTo(heads, last.heads()), now));
    long taken = 0;
    for (Option each :
        chosen.map(pair -> List.of(pair.neurons(), pair.heads())).orElse(List.of())) {
      for (Map.Entry<Integer, Integer> place : each.places().entrySet()) {
        taken += cuts.get(place.getKey()).takeUntil(place.getValue());
      }
    }
    return taken;
  }

  private static List<Option> upTo(List<Option> options, Option last) {
    return options.stream().filter(option -> option.weights() <= last.weights()).toList();
  }

  private Optional<Pair> best(List<Option> ofNeurons, List<Option> ofHeads, double room) {
    List<Pair> pairs = new ArrayList<>();
    for (Option head : ofHeads) {
      ofNeurons.stream()
          .map(neuron -> new Pair(neuron, head))
          .filter(pair -> pair.weights() <= room)
          .max(Comparator.comparingLong(Pair::weights))
          .ifPresent(pairs::add);
    }
    long most = pairs.stream().mapToLong(Pair::weights).max().orElse(0);
    return pairs.stream()
        .filter(pair -> pair.weights() >= most - step)
        .min(
            Comparator.comparingDouble(Pair::cost)
                .thenComparing(Comparator.comparingLong(Pair::weights).reversed()));
  }
}
