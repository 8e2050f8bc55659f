package org.llmsurgeon.pruning.structure;

/**
 * How wide a group of layers is.
 *
 * @param members neurons, or query heads
 * @param groups key/value groups that have any; 1 or 0 for neurons
 * @param even whether these have equally many
 */
public record Width(int members, int groups, boolean even) {
  /** How wide a group is with what is left of its layers. */
  public static Width of(WidthLayout layout, GroupLines lines) {
    if (layout.size() == 1 && layout.groups() == 1) {
      int left = lines.columnsLeft(layout.layer(), 0, layout.perGroup());
      return new Width(left, Math.min(1, left), true);
    }
    int members = 0;
    int groups = 0;
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int group = 0; group < layout.groups(); group++) {
      int left = members(layout, lines, group);
      members += left;
      if (left > 0) {
        groups++;
        least = Math.min(least, left);
        most = Math.max(most, left);
      }
    }
    return new Width(members, groups, groups == 0 || least == most);
  }

  /** How wide it is after a removal. */
  public Width after(GroupLines.Mark mark, WidthLayout layout, GroupLines lines) {
    int gone = lines.columnsOf(mark, layout.layer(), layout.members() * layout.size());
    if (gone == 0) {
      return this;
    }
    int left = members - gone;
    return layout.size() == 1 && layout.groups() == 1
        ? new Width(left, Math.min(1, left), true)
        : of(layout, lines);
  }

  private static int members(WidthLayout layout, GroupLines lines, int group) {
    int left = 0;
    for (int member = 0; member < layout.perGroup(); member++) {
      int first = (group * layout.perGroup() + member) * layout.size();
      left += lines.columnsLeft(layout.layer(), first, first + layout.size()) > 0 ? 1 : 0;
    }
    return left;
  }
}
