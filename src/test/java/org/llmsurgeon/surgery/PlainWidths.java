package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pruning.merge.PathMerge;
import org.llmsurgeon.pruning.path.Path;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * Which prefixes of a group's path leave an allowed width, what they weigh and cost, by counting
 * everything anew for each.
 */
final class PlainWidths {
  private final ModelConfig config;
  private final boolean even;

  PlainWidths(ModelConfig config, boolean even) {
    this.config = config;
    this.even = even;
  }

  /** Neurons left, or heads left of each key/value head; weights left; cost of what went. */
  record State(int[] members, boolean mlp, long left, double cost) {
    int total() {
      return Arrays.stream(members).sum();
    }

    int[] alive() {
      return Arrays.stream(members).filter(each -> each > 0).toArray();
    }

    boolean isEven() {
      return Arrays.stream(alive()).distinct().count() <= 1;
    }

    boolean sameWidth(State other) {
      return total() == other.total()
          && alive().length == other.alive().length
          && isEven() == other.isEven();
    }
  }

  /** What a prefix of a path leaves. */
  State after(PathMerge.Group group, int prefix) {
    int layers = group.group().layers().size();
    boolean[][] rows = new boolean[layers][];
    boolean[][] columns = new boolean[layers][];
    for (int i = 0; i < layers; i++) {
      rows[i] = new boolean[group.group().layers().get(i).outputs()];
      columns[i] = new boolean[group.group().layers().get(i).inputs()];
    }
    double cost = 0;
    for (int place = 0; place < prefix; place++) {
      Path path = group.path();
      Unit.Way way = group.group().units().get(path.units()[place]).ways().get(path.ways()[place]);
      List<Unit.Part> parts = new ArrayList<>(way.free());
      parts.add(way.compensated());
      for (Unit.Part part : parts) {
        boolean[] lines = (part.line() == Line.ROW ? rows : columns)[part.layer()];
        Arrays.stream(part.indices()).forEach(index -> lines[index] = true);
      }
      cost += path.costs()[place];
    }
    long left = 0;
    for (int i = 0; i < layers; i++) {
      left += (long) count(rows[i], 0, rows[i].length) * count(columns[i], 0, columns[i].length);
    }
    boolean mlp = group.group().name().endsWith("mlp");
    return new State(members(mlp, columns[layers - 1]), mlp, left, cost);
  }

  private int[] members(boolean mlp, boolean[] gone) {
    if (mlp) {
      return new int[] {count(gone, 0, gone.length)};
    }
    int size = config.headDimension();
    int perGroup = config.heads() / config.keyValueHeads();
    return IntStream.range(0, config.keyValueHeads())
        .map(
            group ->
                (int)
                    IntStream.range(group * perGroup, (group + 1) * perGroup)
                        .filter(head -> count(gone, head * size, (head + 1) * size) > 0)
                        .count())
        .toArray();
  }

  private static int count(boolean[] gone, int from, int to) {
    return (int) IntStream.range(from, to).filter(i -> !gone[i]).count();
  }

  /** Whether a rule allows a state, by its documentation. */
  boolean allows(WidthRule rule, State state, State dense) {
    int total = state.total();
    int groups = state.alive().length;
    if (rule.parallel() > 1 && (total == 0 || total % rule.parallel() != 0)) {
      return false;
    }
    if (state.mlp()) {
      return total == dense.total() || total % rule.neurons() == 0;
    }
    return (!even || state.isEven())
        && groups % rule.parallel() == 0
        && (total == dense.total() || total % rule.heads() == 0)
        && (groups == dense.alive().length || groups % rule.groups() == 0);
  }
}
