package org.llmsurgeon.pruning.structure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Which rows and columns of a group's layers are gone, and how many weights are left. */
public final class GroupLines {
  private final List<CoupledGroup.Layer> layers;
  private final BitSet[] rows;
  private final BitSet[] columns;
  private final BitSet[] free;

  /** What one removal changed, so that it can be taken back. */
  public record Mark(List<Change> changes) {}

  private record Change(BitSet set, int index) {}

  /** Some lines are gone already. */
  public GroupLines(List<CoupledGroup.Layer> layers, List<Selection> gone) {
    this.layers = layers;
    rows = new BitSet[layers.size()];
    columns = new BitSet[layers.size()];
    free = new BitSet[layers.size()];
    for (int i = 0; i < layers.size(); i++) {
      rows[i] = set(gone.get(i).rows());
      columns[i] = set(gone.get(i).columns());
      free[i] = set(gone.get(i).freeRows());
    }
  }

  /** Nothing is gone. */
  public static GroupLines none(List<CoupledGroup.Layer> layers) {
    return new GroupLines(layers, layers.stream().map(layer -> Selection.NONE).toList());
  }

  private static BitSet set(int[] indices) {
    BitSet set = new BitSet();
    for (int index : indices) {
      set.set(index);
    }
    return set;
  }

  /** Weights that are left. */
  public long left() {
    long left = 0;
    for (int i = 0; i < layers.size(); i++) {
      CoupledGroup.Layer layer = layers.get(i);
      left +=
          (long) (layer.outputs() - rows[i].cardinality())
              * (layer.inputs() - columns[i].cardinality());
    }
    return left;
  }

  /** Weights of a layer that are gone. */
  public long removed(int layer) {
    CoupledGroup.Layer shape = layers.get(layer);
    return shape.weights()
        - (long) (shape.outputs() - rows[layer].cardinality())
            * (shape.inputs() - columns[layer].cardinality());
  }

  /** Whether nothing of the last layer is left, so that the group says nothing. */
  public boolean isEmpty() {
    int last = layers.size() - 1;
    return removed(last) == layers.get(last).weights();
  }

  /** Whether no layer has lost more weights than it may. */
  public boolean withinMost() {
    for (int layer = 0; layer < layers.size(); layer++) {
      if (removed(layer) > layers.get(layer).most()) {
        return false;
      }
    }
    return true;
  }

  /** How many of some consecutive columns of a layer are left. */
  public int columnsLeft(int layer, int from, int to) {
    int left = 0;
    BitSet gone = columns[layer];
    int at = gone.nextClearBit(from);
    while (at < to) {
      int end = gone.nextSetBit(at);
      end = end < 0 ? to : Math.min(end, to);
      left += end - at;
      at = gone.nextClearBit(end);
    }
    return left;
  }

  /** Whether all rows or columns of a part are gone. */
  public boolean isGone(Unit.Part part) {
    BitSet set = part.line() == Line.ROW ? rows[part.layer()] : columns[part.layer()];
    return Arrays.stream(part.indices()).allMatch(set::get);
  }

  /** Whether all that a way takes is gone. */
  public boolean isGone(Unit.Way way) {
    return isGone(way.compensated()) && way.free().stream().allMatch(this::isGone);
  }

  /** Removes what a way takes. */
  public Mark remove(Unit.Way way) {
    List<Change> changes = new ArrayList<>();
    Unit.Part part = way.compensated();
    mark(changes, part.line() == Line.ROW ? rows[part.layer()] : columns[part.layer()], part);
    for (Unit.Part each : way.free()) {
      mark(changes, rows[each.layer()], each);
      mark(changes, free[each.layer()], each);
    }
    return new Mark(changes);
  }

  private static void mark(List<Change> changes, BitSet set, Unit.Part part) {
    for (int index : part.indices()) {
      if (!set.get(index)) {
        set.set(index);
        changes.add(new Change(set, index));
      }
    }
  }

  /** How many of the first columns of a layer went with a removal. */
  public int columnsOf(Mark mark, int layer, int first) {
    int count = 0;
    for (Change change : mark.changes()) {
      count += change.set() == columns[layer] && change.index() < first ? 1 : 0;
    }
    return count;
  }

  /** Takes a removal back; the last one first. */
  public void undo(Mark mark) {
    mark.changes().forEach(change -> change.set().clear(change.index()));
  }

  /** What is gone of each layer. */
  public List<Selection> selections() {
    List<Selection> selections = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      selections.add(
          new Selection(
              rows[i].stream().toArray(),
              columns[i].stream().toArray(),
              free[i].stream().toArray()));
    }
    return selections;
  }
}
