package org.llmsurgeon.pruning.structure;

import java.util.EnumSet;
import java.util.Set;

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

  /** What a rule may ask. */
  public enum Constraint {
    /** What is left where some went is a multiple of a number. */
    MULTIPLES,
    /** Each layer splits into equal parts. */
    EQUAL_PARTS,
    /** All layers of a kind are equally wide. */
    ONE_WIDTH
  }

  /** Checks the numbers. */
  public WidthRule {
    if (neurons < 1 || heads < 1 || groups < 1 || parallel < 1) {
      throw new IllegalArgumentException(
          "Multiples of %d, %d and %d in %d parts".formatted(neurons, heads, groups, parallel));
    }
  }

  /**
   * The same multiples with other constraints.
   *
   * @param parts into how many equal parts each layer splits
   * @param one whether all layers are equally wide
   */
  public WidthRule with(int parts, boolean one) {
    return new WidthRule(neurons, heads, groups, parts, one);
  }

  /** What it asks. */
  public Set<Constraint> active() {
    Set<Constraint> active = EnumSet.noneOf(Constraint.class);
    if (neurons > 1 || heads > 1 || groups > 1) {
      active.add(Constraint.MULTIPLES);
    }
    if (parallel > 1) {
      active.add(Constraint.EQUAL_PARTS);
    }
    if (oneWidth) {
      active.add(Constraint.ONE_WIDTH);
    }
    return active;
  }

  /** The rule without one of its constraints. */
  public WidthRule without(Constraint constraint) {
    return switch (constraint) {
      case MULTIPLES -> new WidthRule(1, 1, 1, parallel, oneWidth);
      case EQUAL_PARTS -> new WidthRule(neurons, heads, groups, 1, oneWidth);
      case ONE_WIDTH -> new WidthRule(neurons, heads, groups, parallel, false);
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
    return (!oneWidth || layout.isPlain(width.members()))
        && isMultiple(width.members(), layout.members(), heads)
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
