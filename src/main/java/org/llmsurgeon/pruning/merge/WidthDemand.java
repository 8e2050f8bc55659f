package org.llmsurgeon.pruning.merge;

import java.util.List;
import java.util.OptionalLong;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.GroupLines;
import org.llmsurgeon.pruning.structure.Unit;
import org.llmsurgeon.pruning.structure.UnitKind;
import org.llmsurgeon.pruning.structure.Width;
import org.llmsurgeon.pruning.structure.WidthLayout;
import org.llmsurgeon.pruning.structure.WidthRule;

/**
 * How many weights of a group must go so that its width is as a rule wants it, no layer losing more
 * than it may (ours).
 */
public final class WidthDemand {
  private WidthDemand() {}

  /**
   * The fewest weights.
   *
   * @param group a group of which nothing is gone
   * @param rule which widths may be left
   * @return nothing where no such width can be reached with the group's units
   */
  public static OptionalLong least(CoupledGroup group, WidthRule rule) {
    WidthLayout layout = group.widths();
    long least = Long.MAX_VALUE;
    for (int groups = 0; groups < layout.groups(); groups++) {
      int left = layout.groups() - groups;
      int each = 0;
      while (each < layout.perGroup() && !rule.fits(layout, width(layout, left, each))) {
        each++;
      }
      GroupLines lines = GroupLines.none(group.layers());
      remove(group, lines, groups, each);
      if (each < layout.perGroup()
          && Width.of(layout, lines).equals(width(layout, left, each))
          && lines.withinMost()) {
        least = Math.min(least, group.weights() - lines.left());
      }
    }
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
  }

  /** The width where some groups are left, and of each so many members are gone. */
  private static Width width(WidthLayout layout, int left, int gone) {
    return new Width(left * (layout.perGroup() - gone), left, true);
  }

  /** Removes the first groups, and as many members of each of the others. */
  private static void remove(CoupledGroup group, GroupLines lines, int groups, int each) {
    WidthLayout layout = group.widths();
    int[] gone = new int[layout.groups()];
    List<Unit> whole = group.units().stream().filter(unit -> isGroup(layout, unit)).toList();
    whole.stream().limit(groups).forEach(unit -> lines.remove(unit.ways().get(0)));
    for (Unit unit : group.units()) {
      if (unit.kind() == layout.member() && layout.perGroup() > 1) {
        int of = layout.groupOf(unit);
        if (of >= groups && gone[of]++ < each) {
          lines.remove(unit.ways().get(0));
        }
      }
    }
  }

  private static boolean isGroup(WidthLayout layout, Unit unit) {
    return unit.kind() == UnitKind.GROUP
        || layout.perGroup() == 1 && unit.kind() == layout.member();
  }
}
