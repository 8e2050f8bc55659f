package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.choose.UnitPlan;
import org.llmsurgeon.surgery.recipe.LayerRule;

/** Merges of random paths under constraints on widths, against merges by their definition. */
class WidthMergeTest {
  private static final Set<UnitKind> ALL =
      EnumSet.of(UnitKind.NEURON, UnitKind.HEAD, UnitKind.GROUP);
  private static final int WAYS = 3;

  private final ModelConfig config =
      TinyModels.with(
          TinyModels.llamaJson(),
          """
          {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 2,
           "intermediate_size": 9}
          """);
  private final PlainWidths plain = new PlainWidths(config, true);

  private List<PathMerge.Group> groups(Random random, Set<UnitKind> kinds) {
    return new UnitPlan(config, kinds, LayerRule.DEFAULT)
        .groups().stream()
            .map(each -> new PathMerge.Group(each.group(), path(random, each)))
            .toList();
  }

  private static Path path(Random random, UnitPlan.Planned planned) {
    int count = planned.group().units().size();
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(order, random);
    return new Path(
        order.stream().mapToInt(Integer::intValue).toArray(),
        new byte[count],
        random.doubles(count).sorted().toArray(),
        random.doubles(count).toArray(),
        true);
  }

  private static WidthRule rule(Random random, boolean oneWidth) {
    return new WidthRule(
        1 + random.nextInt(3),
        1 + random.nextInt(3),
        1 + random.nextInt(2),
        1 + random.nextInt(2),
        oneWidth);
  }

  private static long total(List<PathMerge.Group> groups) {
    return groups.stream().mapToLong(each -> each.group().weights()).sum();
  }

  @RepeatedTest(60)
  void whatGoesIsGreedyBetweenAllowedPlaces(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<PathMerge.Group> groups = groups(random, ALL);
    WidthRule rule = rule(random, false);
    double target = random.nextDouble();
    PathMerge.Result result = PathMerge.select(groups, new PathMerge.Target(target, target), rule);
    assertThat(result.prefixes()).isEqualTo(greedy(groups, rule, target));
    assertThat((double) result.gone().removed()).isLessThanOrEqualTo(target * total(groups));
    for (int i = 0; i < groups.size(); i++) {
      PlainWidths.State state = plain.after(groups.get(i), result.prefixes()[i]);
      PlainWidths.State dense = plain.after(groups.get(i), 0);
      boolean allowed = result.prefixes()[i] == 0 || plain.allows(rule, state, dense);
      assertThat(allowed).as("%s of %s", result.prefixes()[i], groups.get(i)).isTrue();
      boolean splits = rule.parallel() == 1 || plain.allows(rule, state, dense);
      int group = i;
      assertThat(IntStream.of(result.unmet()).anyMatch(each -> each == group)).isEqualTo(!splits);
    }
  }

  /** Those that must move first, then all; always the cheapest next block that fits. */
  private int[] greedy(List<PathMerge.Group> groups, WidthRule rule, double target) {
    int[] prefixes = new int[groups.size()];
    double[] levels = new double[groups.size()];
    for (boolean forced : new boolean[] {true, false}) {
      boolean[] closed = new boolean[groups.size()];
      while (true) {
        int best = -1;
        double bestLevel = 0;
        for (int i = 0; i < prefixes.length; i++) {
          PlainWidths.State now = plain.after(groups.get(i), prefixes[i]);
          boolean must = !plain.allows(rule, now, plain.after(groups.get(i), 0));
          int end = end(groups.get(i), rule, prefixes[i]);
          if (!closed[i] && end > 0 && (must || !forced)) {
            double level = Math.max(levels[i], level(groups.get(i), prefixes[i], end));
            if (best < 0 || level < bestLevel) {
              best = i;
              bestLevel = level;
            }
          }
        }
        if (best < 0) {
          break;
        }
        int before = prefixes[best];
        prefixes[best] = end(groups.get(best), rule, before);
        if (removed(groups, prefixes) > target * total(groups)) {
          prefixes[best] = before;
          closed[best] = true;
        } else {
          levels[best] = bestLevel;
        }
      }
      if (forced && mustMove(groups, rule, prefixes)) {
        return prefixes;
      }
    }
    return prefixes;
  }

  private boolean mustMove(List<PathMerge.Group> groups, WidthRule rule, int[] prefixes) {
    return IntStream.range(0, prefixes.length)
        .anyMatch(
            i ->
                !plain.allows(
                    rule, plain.after(groups.get(i), prefixes[i]), plain.after(groups.get(i), 0)));
  }

  private long removed(List<PathMerge.Group> groups, int[] prefixes) {
    return total(groups)
        - IntStream.range(0, prefixes.length)
            .mapToLong(i -> plain.after(groups.get(i), prefixes[i]).left())
            .sum();
  }

  /** The next place where the path may be cut; -1 where there is none. */
  private int end(PathMerge.Group group, WidthRule rule, int from) {
    PlainWidths.State dense = plain.after(group, 0);
    PlainWidths.State now = plain.after(group, from);
    for (int end = from + 1; end <= group.path().length(); end++) {
      PlainWidths.State then = plain.after(group, end);
      boolean unchanged = then.sameWidth(now) && plain.allows(rule, now, dense);
      if (unchanged || plain.allows(rule, then, dense)) {
        return end;
      }
    }
    return -1;
  }

  private double level(PathMerge.Group group, int from, int end) {
    if (end == from + 1) {
      return group.path().levels()[from];
    }
    PlainWidths.State before = plain.after(group, from);
    PlainWidths.State after = plain.after(group, end);
    double cost = 0;
    for (int place = from; place < end; place++) {
      cost += group.path().costs()[place];
    }
    return cost / Math.max(1, before.left() - after.left());
  }

  @RepeatedTest(40)
  void oneWidthIsTheCheapestPairOfThoseThatComeNearTheTarget(RepetitionInfo repetition) {
    Random random = new Random(500 + repetition.getCurrentRepetition());
    List<PathMerge.Group> groups = ways(random);
    WidthRule rule = new WidthRule(1 + random.nextInt(3), 1, 1, 1, true);
    double end = 0.9 * random.nextDouble();
    PathMerge.Target target = new PathMerge.Target(end * random.nextDouble(), end);
    PathMerge.Result result = PathMerge.select(groups, target, rule);
    assertThat((double) result.gone().removed()).isLessThanOrEqualTo(target.now() * total(groups));
    assertThat(result.unmet()).isEmpty();
    List<Pair> all =
        IntStream.rangeClosed(1, WAYS)
            .mapToObj(way -> pairs(groups.stream().map(each -> along(each, way)).toList(), rule))
            .flatMap(List::stream)
            .toList();
    Pair last = best(all, target.end() * total(groups), null);
    Pair now = best(all, target.now() * total(groups), last);
    assertThat(result.gone().removed()).isEqualTo(now.weights());
    assertThat(result.prefixes()).isEqualTo(now.prefixes());
  }

  /** Attentions have several paths, on which other kinds of units go. */
  private List<PathMerge.Group> ways(Random random) {
    List<List<PathMerge.Group>> ways = new ArrayList<>();
    for (int way = 0; way <= WAYS; way++) {
      UnitKind kind = random.nextBoolean() ? UnitKind.GROUP : UnitKind.HEAD;
      ways.add(groups(random, EnumSet.of(UnitKind.NEURON, kind)));
    }
    List<UnitPlan.Planned> planned = new UnitPlan(config, ALL, LayerRule.DEFAULT).groups();
    List<PathMerge.Group> groups = new ArrayList<>();
    for (int i = 0; i < planned.size(); i++) {
      CoupledGroup group = planned.get(i).group();
      List<Path> paths = new ArrayList<>();
      for (List<PathMerge.Group> way : ways) {
        paths.add(renumbered(way.get(i), group));
      }
      boolean attention = group.name().endsWith("attention");
      List<Path> even = attention ? paths.subList(1, paths.size()) : List.of();
      List<Selection> nothing = group.layers().stream().map(layer -> Selection.NONE).toList();
      groups.add(new PathMerge.Group(group, paths.get(0), even, nothing, nothing));
    }
    return groups;
  }

  /** The same path among units of all kinds. */
  private static Path renumbered(PathMerge.Group from, CoupledGroup to) {
    Path path = from.path();
    int[] units =
        IntStream.of(path.units())
            .map(unit -> at(from.group().units().get(unit), to.units()))
            .toArray();
    return new Path(units, path.ways(), path.levels(), path.costs(), path.reachedEnd());
  }

  private static int at(Unit unit, List<Unit> units) {
    int[] columns = unit.ways().get(0).compensated().indices();
    return IntStream.range(0, units.size())
        .filter(i -> units.get(i).kind() == unit.kind())
        .filter(i -> Arrays.equals(units.get(i).ways().get(0).compensated().indices(), columns))
        .findFirst()
        .orElseThrow();
  }

  private static PathMerge.Group along(PathMerge.Group group, int way) {
    Path path = group.even().isEmpty() ? group.path() : group.even().get(way - 1);
    return new PathMerge.Group(group.group(), path);
  }

  /** Widths of all MLPs and of all attentions, and what they take and cost. */
  private record Pair(
      List<PathMerge.Group> along, long mlp, long attention, double cost, int[] prefixes) {
    long weights() {
      return mlp + attention;
    }
  }

  private List<Pair> pairs(List<PathMerge.Group> groups, WidthRule rule) {
    List<Pair> pairs = new ArrayList<>();
    for (int neurons = 1; neurons <= 9; neurons++) {
      for (int heads = 1; heads <= config.heads(); heads++) {
        boolean plainFolder = heads == config.heads() || config.hidden() % heads == 0;
        for (int shared = plainFolder ? 1 : heads + 1; shared <= config.keyValueHeads(); shared++) {
          Pair pair = pair(groups, rule, new int[] {neurons, heads, shared});
          if (pair != null) {
            pairs.add(pair);
          }
        }
      }
    }
    return pairs;
  }

  private Pair pair(List<PathMerge.Group> groups, WidthRule rule, int[] wanted) {
    int[] prefixes = new int[groups.size()];
    long[] gone = new long[2];
    double cost = 0;
    for (int i = 0; i < groups.size(); i++) {
      PathMerge.Group group = groups.get(i);
      PlainWidths.State dense = plain.after(group, 0);
      int place = 0;
      PlainWidths.State state = dense;
      while (!(plain.allows(rule, state, dense) && isWanted(state, wanted))) {
        if (place == group.path().length()) {
          return null;
        }
        place++;
        state = plain.after(group, place);
      }
      prefixes[i] = place;
      gone[state.mlp() ? 0 : 1] += dense.left() - state.left();
      cost += state.cost();
    }
    return new Pair(groups, gone[0], gone[1], cost, prefixes);
  }

  private static boolean isWanted(PlainWidths.State state, int[] wanted) {
    return state.mlp()
        ? state.total() == wanted[0]
        : state.total() == wanted[1] && state.alive().length == wanted[2];
  }

  private static Pair best(List<Pair> all, double room, Pair last) {
    List<Pair> fit =
        all.stream()
            .filter(pair -> pair.weights() <= room)
            .filter(
                pair ->
                    last == null
                        || pair.along() == last.along()
                            && pair.mlp() <= last.mlp()
                            && pair.attention() <= last.attention())
            .toList();
    TreeSet<Long> sizes = new TreeSet<>(all.stream().map(Pair::mlp).toList());
    long step = 0;
    for (long size : sizes) {
      Long lower = sizes.lower(size);
      step = Math.max(step, lower == null ? 0 : size - lower);
    }
    long most = fit.stream().mapToLong(Pair::weights).max().orElseThrow();
    Pair best = null;
    for (Pair pair : fit) {
      boolean narrowest =
          fit.stream()
              .noneMatch(
                  other -> other.attention() == pair.attention() && other.mlp() > pair.mlp());
      if (narrowest
          && pair.weights() >= most - step
          && (best == null || pair.cost() < best.cost())) {
        best = pair;
      }
    }
    return best;
  }

  @Test
  void groupsThatDoNotSplitGoFirstWhateverTheyCost() {
    ModelConfig odd =
        TinyModels.with(
            TinyModels.llamaJson(),
            """
            {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 2,
             "intermediate_size": 9}
            """);
    List<PathMerge.Group> groups = new ArrayList<>();
    for (UnitPlan.Planned each : new UnitPlan(odd, ALL, LayerRule.DEFAULT).groups()) {
      int count = each.group().units().size();
      // Groups are the last units of an attention: here they come first, at a high cost.
      int[] units = IntStream.range(0, count).map(i -> count - 1 - i).toArray();
      double[] costs = new double[count];
      double dear = each.group().name().contains("attention") ? 100 : 1;
      Arrays.fill(costs, dear);
      groups.add(
          new PathMerge.Group(each.group(), new Path(units, new byte[count], costs, costs, true)));
    }
    WidthRule rule = new WidthRule(1, 1, 1, 2, false);
    // An attention loses a third of its 2 (12 + 6) 8 weights, an MLP one of 9 neurons of 24.
    long least = 2 * (96 + 24);
    double total = total(groups);
    PathMerge.Target enough = new PathMerge.Target((least + 0.5) / total, 0.9);
    PathMerge.Result met = PathMerge.select(groups, enough, rule);
    assertThat(met.unmet()).isEmpty();
    assertThat(met.gone().removed()).isEqualTo(least);
    PathMerge.Target little = new PathMerge.Target((least - 0.5) / total, 0.9);
    PathMerge.Result unmet = PathMerge.select(groups, little, rule);
    assertThat(unmet.unmet()).containsExactly(2);
    assertThat(unmet.gone().removed()).isEqualTo(96 + 2 * 24);
  }
}
