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
 * @param dividend what the heads that are left must divide where all layers have one width, unless
 *     all are left: the width of the residual stream, as transformers asks for; 0 where any number
 *     is good, -1 where no other is
 */
public record WidthLayout(
    UnitKind member, int layer, int groups, int perGroup, int size, boolean even, int dividend) {
  /** No width matters. */
  public static final WidthLayout NONE = new WidthLayout(UnitKind.NEURON, 0, 0, 0, 0, false, 0);

  /** A layout with any number of members. */
  public WidthLayout(UnitKind member, int layer, int groups, int perGroup, int size, boolean even) {
    this(member, layer, groups, perGroup, size, even, 0);
  }

  /** Members where nothing is gone. */
  public int members() {
    return groups * perGroup;
  }

  /** Whether a plain model folder can say that so many members are left of every layer. */
  boolean isPlain(int left) {
    return dividend == 0 || left == members() || dividend > 0 && left > 0 && dividend % left == 0;
  }

  /** The group that a unit of the member's kind belongs to. */
  public int groupOf(Unit unit) {
    return unit.ways().get(0).compensated().indices()[0] / (perGroup * size);
  }
}
