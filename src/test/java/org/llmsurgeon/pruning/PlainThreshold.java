package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.Selection;

/**
 * The threshold by its definition: look for the next cheapest, mark its weights, count them all.
 */
public final class PlainThreshold {
  private final List<StructureCosts> layers;
  private final RowsColumns structures;
  private final List<boolean[]> rowGone = new ArrayList<>();
  private final List<boolean[]> columnGone = new ArrayList<>();
  private final long[] most;
  private final boolean[] closed;
  public double threshold;

  public PlainThreshold(List<StructureCosts> layers, double target, RowsColumns structures) {
    this(layers, target, structures, layers.stream().mapToLong(StructureCosts::weights).toArray());
  }

  public PlainThreshold(
      List<StructureCosts> layers, double target, RowsColumns structures, long[] most) {
    this.most = most;
    this.closed = new boolean[most.length];
    this.layers = layers;
    this.structures = structures;
    long total = 0;
    for (StructureCosts layer : layers) {
      rowGone.add(new boolean[layer.rows().length]);
      columnGone.add(new boolean[layer.columns().length]);
      total += layer.weights();
    }
    while (takeNext(target * total)) {}
  }

  /** Marks the cheapest that is not gone; false if there is none or it would pass the limit. */
  private boolean takeNext(double limit) {
    double cheapest = Double.POSITIVE_INFINITY;
    boolean[] where = null;
    int index = -1;
    int of = -1;
    for (int layer = 0; layer < layers.size(); layer++) {
      for (boolean rows : new boolean[] {true, false}) {
        StructureCosts each = layers.get(layer);
        double[] costs = rows ? each.rows() : each.columns();
        boolean[] gone = (rows ? rowGone : columnGone).get(layer);
        for (int i = 0; i < costs.length; i++) {
          boolean competes = rows ? structures.rows() : structures.columns();
          if (competes && !closed[layer] && !gone[i] && costs[i] < cheapest) {
            of = layer;
            cheapest = costs[i];
            where = gone;
            index = i;
          }
        }
      }
    }
    if (where == null) {
      return false;
    }
    where[index] = true;
    if (countRemoved(of) > most[of]) {
      where[index] = false;
      closed[of] = true;
      return true;
    }
    if (countRemoved() > limit) {
      where[index] = false;
      return false;
    }
    threshold = cheapest;
    return true;
  }

  public long countRemoved() {
    return IntStream.range(0, layers.size()).mapToLong(this::countRemoved).sum();
  }

  private long countRemoved(int layer) {
    long count = 0;
    for (boolean row : rowGone.get(layer)) {
      for (boolean column : columnGone.get(layer)) {
        count += row || column ? 1 : 0;
      }
    }
    return count;
  }

  public List<Selection> selections() {
    return IntStream.range(0, layers.size())
        .mapToObj(i -> new Selection(marked(rowGone.get(i)), marked(columnGone.get(i))))
        .toList();
  }

  private static int[] marked(boolean[] marks) {
    return IntStream.range(0, marks.length).filter(i -> marks[i]).toArray();
  }
}
