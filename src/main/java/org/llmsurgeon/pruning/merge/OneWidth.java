package org.llmsurgeon.pruning.merge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Width;

/**
 * Cuts all paths so that every MLP keeps the same neurons and every attention the same heads and
 * groups (ours). For each width that all attentions can have, the MLPs get the narrowest that the
 * target allows; of these pairs the one with the least predicted loss is taken, among those that
 * come within a step of the MLPs' width of the target. Attentions go along the same one of their
 * paths: each leads to other numbers of heads for a group.
 *
 * <p>A step of all attentions at once can be more than a shot may take. So the widths are chosen
 * for the end of the run, and a shot goes towards them as far as its own target allows: where the
 * MLPs have theirs, the run waits until the attentions' step fits.
 */
final class OneWidth {
  private final List<List<PathCut>> ways;
  private final List<Option> neurons;
  private final List<Option> heads;
  private final long step;
  private int way;

  /**
   * A width that all groups of a kind can have.
   *
   * @param way which of their paths lead there
   * @param weights that go for it
   * @param cost of what goes for it
   * @param places where each path is cut, by position of the group
   */
  private record Option(int way, long weights, double cost, Map<Integer, Integer> places) {
    static Option nothing(int way) {
      return new Option(way, 0, 0, Map.of());
    }

    Option plus(int group, PathCut.Stop stop) {
      Map<Integer, Integer> all = new LinkedHashMap<>(places);
      all.put(group, stop.place());
      return new Option(way, weights + stop.weights(), cost + stop.cost(), all);
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

  /**
   * @param ways of each group, the paths that it can go, of which nothing is cut yet
   */
  OneWidth(List<List<PathCut>> ways) {
    this.ways = ways;
    neurons = options(UnitKind.NEURON, 0);
    heads =
        IntStream.range(0, ways.stream().mapToInt(List::size).max().orElse(1))
            .mapToObj(each -> options(UnitKind.HEAD, each))
            .flatMap(List::stream)
            .toList();
    step =
        IntStream.range(1, neurons.size())
            .mapToLong(i -> neurons.get(i).weights() - neurons.get(i - 1).weights())
            .max()
            .orElse(0);
  }

  /** The path that a group goes. */
  PathCut cut(int group) {
    return cut(group, way);
  }

  private PathCut cut(int group, int which) {
    List<PathCut> own = ways.get(group);
    return own.get(Math.min(which, own.size() - 1));
  }

  /** Widths that all groups of a kind can have along one of their paths, the widest first. */
  private List<Option> options(UnitKind kind, int which) {
    Map<Width, Option> common = null;
    for (int group = 0; group < ways.size(); group++) {
      if (cut(group, which).member() == kind) {
        common = with(common, group, which);
      }
    }
    return common == null
        ? List.of(Option.nothing(which))
        : common.values().stream().sorted(Comparator.comparingLong(Option::weights)).toList();
  }

  private Map<Width, Option> with(Map<Width, Option> common, int group, int which) {
    Map<Width, Option> all = new LinkedHashMap<>();
    for (PathCut.Stop stop : cut(group, which).stops()) {
      Option before = common == null ? Option.nothing(which) : common.get(stop.width());
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
    way = chosen.map(pair -> pair.heads().way()).orElse(0);
    return chosen.stream()
        .flatMap(pair -> Stream.of(pair.neurons(), pair.heads()))
        .flatMap(each -> each.places().entrySet().stream())
        .mapToLong(place -> cut(place.getKey()).takeUntil(place.getValue()))
        .sum();
  }

  private static List<Option> upTo(List<Option> options, Option last) {
    return options.stream()
        .filter(option -> option.way() == last.way() && option.weights() <= last.weights())
        .toList();
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
