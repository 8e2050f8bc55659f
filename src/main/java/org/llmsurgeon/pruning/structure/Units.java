package org.llmsurgeon.pruning.structure;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Coupled units, ranked by cost per weight that really goes (method, section 5, ours).
 *
 * @param kinds which units compete
 */
public record Units(Set<UnitKind> kinds) implements Structures {
  /**
   * Every kind but query-key dimensions and whole experts: what units are unless kinds are named. A
   * head's attention is saturated where it works: its gradients are small, so each query-key
   * dimension looks cheap, and a share of them that was predicted to cost 0.001 nats cost 0.14 on a
   * real model. Without them the same sparsity costs less on every model that was tried; whole
   * heads remove the same weights. Where an expert is gone its tokens go to others, which no
   * curvature foresees.
   */
  public static final Units DEFAULT =
      new Units(
          EnumSet.of(
              UnitKind.NEURON, UnitKind.HEAD, UnitKind.GROUP, UnitKind.VALUE, UnitKind.RESIDUAL));

  /**
   * What smaller matrices can express: neurons, heads and key/value groups. What happens when
   * nothing is said, since it costs little more loss than {@link #DEFAULT} and comes out smaller.
   */
  public static final Units LOADABLE =
      new Units(EnumSet.of(UnitKind.NEURON, UnitKind.HEAD, UnitKind.GROUP));

  /** Copies the set and checks that something may go. */
  public Units {
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("no units");
    }
    kinds = Set.copyOf(kinds);
  }

  /**
   * Units by their names.
   *
   * @param names for example {@code neuron,head}
   * @throws org.llmsurgeon.InputException if one is unknown
   */
  public static Units of(String names) {
    return new Units(
        Arrays.stream(names.split(","))
            .map(name -> UnitKind.parse(name.trim()))
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(UnitKind.class))));
  }

  /**
   * Whether what is left can be written as smaller matrices: only neurons, heads, key/value groups
   * and experts go.
   *
   * @param kinds which units compete
   */
  public static boolean loadable(Set<UnitKind> kinds) {
    return EnumSet.of(UnitKind.NEURON, UnitKind.HEAD, UnitKind.GROUP, UnitKind.EXPERT)
        .containsAll(kinds);
  }

  @Override
  public String optionName() {
    return "units";
  }

  @Override
  public Contest contest() {
    return Contest.UNITS;
  }

  @Override
  public Set<UnitKind> units() {
    return kinds;
  }

  /** The kinds' names, joined by commas, in a fixed order. */
  public String unitNames() {
    return names(kinds);
  }

  private static String names(Set<UnitKind> kinds) {
    List<UnitKind> sorted = kinds.stream().sorted().toList();
    return sorted.stream().map(UnitKind::optionName).collect(Collectors.joining(","));
  }
}
