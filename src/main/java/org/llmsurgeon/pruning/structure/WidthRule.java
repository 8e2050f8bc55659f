package org.llmsurgeon.pruning.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.InputException;

/**
 * Which widths may be left (ours): matrix hardware likes multiples, machines that share a layer
 * need equal parts, and a plain model folder has one width for all layers.
 *
 * @param neurons the neurons left in an MLP are a multiple of this wherever some went
 * @param heads the query heads left in an attention likewise
 * @param groups the key/value groups left in an attention likewise
 * @param parallel neurons, heads and key/value groups left of each layer are a multiple of this and
 *     not none, whether some went or not
 * @param oneWidth whether all MLPs keep the same number of neurons, and all attentions the same
 *     numbers of heads and groups
 */
public record WidthRule(int neurons, int heads, int groups, int parallel, boolean oneWidth) {
  /** Any width. */
  public static final WidthRule NONE = new WidthRule(1, 1, 1, 1, false);

  /** Option of the multiples. */
  public static final String ROUND_TO = "round-to";

  /** Option of the equal parts. */
  public static final String PARALLEL = "tensor-parallel";

  /** Option of one width for all layers. */
  public static final String ONE_WIDTH = "one-width";

  /**
   * Checks the numbers.
   *
   * @throws InputException if one is below 1
   */
  public WidthRule {
    if (neurons < 1 || heads < 1 || groups < 1) {
      throw new InputException(
          "--round-to is " + text(neurons, heads, groups) + "; give at least 1, as 64.");
    }
    if (parallel < 1) {
      throw new InputException(
          "--tensor-parallel is " + parallel + "; give the number of machines, as 2, 4 or 8.");
    }
  }

  /**
   * A rule from options.
   *
   * @param roundTo a number of neurons, or kinds with numbers as {@code neuron=64,head=2,group=1}
   * @param parallel into how many equal parts each layer splits
   * @param oneWidth whether all layers are equally wide
   * @throws InputException if the multiples cannot be read or a number is below 1
   */
  public static WidthRule of(String roundTo, int parallel, boolean oneWidth) {
    Map<UnitKind, Integer> multiples = new TreeMap<>();
    if (roundTo.contains("=")) {
      for (String each : roundTo.split(",")) {
        String[] parts = each.trim().split("=", 2);
        UnitKind kind = parts.length == 2 ? kind(parts[0].trim()) : null;
        if (kind == null || multiples.put(kind, number(roundTo, parts[1])) != null) {
          throw wrong(roundTo);
        }
      }
    } else {
      multiples.put(UnitKind.NEURON, number(roundTo, roundTo));
    }
    return new WidthRule(
        multiples.getOrDefault(UnitKind.NEURON, 1),
        multiples.getOrDefault(UnitKind.HEAD, 1),
        multiples.getOrDefault(UnitKind.GROUP, 1),
        parallel,
        oneWidth);
  }

  private static UnitKind kind(String name) {
    return switch (name) {
      case "neuron" -> UnitKind.NEURON;
      case "head" -> UnitKind.HEAD;
      case "group" -> UnitKind.GROUP;
      default -> null;
    };
  }

  private static int number(String roundTo, String number) {
    try {
      return Integer.parseInt(number.trim());
    } catch (NumberFormatException e) {
      throw wrong(roundTo);
    }
  }

  private static InputException wrong(String roundTo) {
    return new InputException(
        "--round-to is '"
            + roundTo
            + "'; give a number of neurons, as 64, or one for each kind, as"
            + " neuron=64,head=2,group=1.");
  }

  /** The multiples as an option's value: a number where only neurons have one. */
  public Object roundTo() {
    return heads == 1 && groups == 1 ? (Object) neurons : text(neurons, heads, groups);
  }

  private static String text(int neurons, int heads, int groups) {
    return "neuron=" + neurons + ",head=" + heads + ",group=" + groups;
  }

  /** Names of the options that constrain anything. */
  public List<String> active() {
    List<String> active = new ArrayList<>();
    if (neurons > 1 || heads > 1 || groups > 1) {
      active.add(ROUND_TO);
    }
    if (parallel > 1) {
      active.add(PARALLEL);
    }
    if (oneWidth) {
      active.add(ONE_WIDTH);
    }
    return active;
  }

  /**
   * The rule without one of its constraints.
   *
   * @param option name of its option
   */
  public WidthRule without(String option) {
    return switch (option) {
      case ROUND_TO -> new WidthRule(1, 1, 1, parallel, oneWidth);
      case PARALLEL -> new WidthRule(neurons, heads, groups, 1, oneWidth);
      case ONE_WIDTH -> new WidthRule(neurons, heads, groups, parallel, false);
      default -> throw new IllegalArgumentException(option);
    };
  }

  /** Whether a group's path may be cut anywhere. */
  public boolean allows(WidthLayout layout) {
    boolean rounded = layout.member() == UnitKind.NEURON ? neurons > 1 : heads > 1 || groups > 1;
    return !rounded && parallel == 1 && !oneWidth && !layout.even();
  }

  /** How many units of a kind lie between one width that may be left and the next, at most. */
  public long together(WidthLayout layout, UnitKind kind) {
    if (allows(layout)) {
      return 1;
    }
    return switch (kind) {
      case NEURON -> (long) neurons * parallel;
      case GROUP -> (long) groups * heads * parallel;
      case HEAD -> (long) heads * parallel * Math.max(1, layout.even() ? layout.groups() : 1);
      default -> 1;
    };
  }

  /** Whether a group of layers may be left this wide. */
  public boolean fits(WidthLayout layout, Width width) {
    if (layout.even() && !width.even() || !splits(layout, width)) {
      return false;
    }
    if (layout.member() == UnitKind.NEURON) {
      return isMultiple(width.members(), layout.members(), neurons);
    }
    return isMultiple(width.members(), layout.members(), heads)
        && isMultiple(width.groups(), layout.groups(), groups);
  }

  /** Whether each machine gets an equal part. */
  public boolean splits(WidthLayout layout, Width width) {
    if (parallel == 1 || layout.groups() == 0) {
      return true;
    }
    boolean members = width.members() > 0 && width.members() % parallel == 0;
    return members && (layout.member() == UnitKind.NEURON || width.groups() % parallel == 0);
  }

  private static boolean isMultiple(int left, int all, int of) {
    return left == all || left % of == 0;
  }
}
