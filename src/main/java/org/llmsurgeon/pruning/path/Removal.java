package org.llmsurgeon.pruning.path;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.llmsurgeon.pruning.structure.Line;

/** Rows and columns of a group's layers that go in one round, by live position. */
final class Removal {
  private final BitSet[] rows;
  private final BitSet[] columns;
  private final BitSet[] freeRows;

  Removal(int layers) {
    rows = sets(layers);
    columns = sets(layers);
    freeRows = sets(layers);
  }

  private static BitSet[] sets(int layers) {
    BitSet[] sets = new BitSet[layers];
    for (int i = 0; i < layers; i++) {
      sets[i] = new BitSet();
    }
    return sets;
  }

  /**
   * Adds positions of one layer.
   *
   * @return whether any of them was not there yet
   */
  boolean add(int layer, Line line, boolean free, int[] positions) {
    boolean fresh = false;
    for (int position : positions) {
      if (!contains(layer, line, position)) {
        (line == Line.COLUMN ? columns : free ? freeRows : rows)[layer].set(position);
        fresh = true;
      }
    }
    return fresh;
  }

  /** How many of some positions of one layer are not there yet. */
  int fresh(int layer, Line line, int[] positions) {
    return (int)
        Arrays.stream(positions).filter(position -> !contains(layer, line, position)).count();
  }

  /** Rows of one layer that go. */
  int rows(int layer) {
    return rows[layer].cardinality() + freeRows[layer].cardinality();
  }

  /** Columns of one layer that go. */
  int columns(int layer) {
    return columns[layer].cardinality();
  }

  private boolean contains(int layer, Line line, int position) {
    return line == Line.COLUMN
        ? columns[layer].get(position)
        : rows[layer].get(position) || freeRows[layer].get(position);
  }

  /**
   * Removes everything: free rows first, since a row that nobody reads must not make up for
   * another.
   *
   * @return the exact joint cost
   */
  double apply(List<LayerState> states) {
    double cost = 0;
    for (int i = 0; i < states.size(); i++) {
      LayerState state = states.get(i);
      state.removeFree(freeRows[i].stream().toArray());
      cost += state.removeRows(rows[i].stream().toArray());
      cost += state.removeColumns(columns[i].stream().toArray());
    }
    return cost;
  }
}
