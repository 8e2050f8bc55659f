package org.llmsurgeon.pruning.structure;

/**
 * Where the width of a group of layers shows: in the columns of its last layer, which fall into
 * groups of members of some columns each. An attention's members are query heads, {@code perGroup}
 * to a key/value group; an MLP is one group, whose members are its neurons.
 *
 * @param member {@link UnitKind#HEAD} or {@link UnitKind#NEURON}
 * @param layer position of the last layer in its group of layers
 * @param groups how many groups
 * @param perGroup members of each
 * @param size columns of a member
 * @param even whether all groups that are left must keep equally many members: a smaller attention
 *     has one number of query heads for each key/value head
 */
public record WidthLayout(
    UnitKind member, int layer, int groups, int perGroup, int size, boolean even) {
  /** No width matters. */
  public static final WidthLayout NONE = new WidthLayout(UnitKind.NEURON, 0, 0, 0, 0, false);

  /** Members where nothing is gone. */
  public int members() {
    return groups * perGroup;
  }

  /** The group that a unit of the member's kind belongs to. */
  public int groupOf(Unit unit) {
    return unit.ways().get(0).compensated().indices()[0] / (perGroup * size);
  }
}
