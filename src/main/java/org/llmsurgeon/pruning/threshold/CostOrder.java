package org.llmsurgeon.pruning.threshold;

import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.RowsColumns;

/**
 * All candidate rows and columns of all layers in the order in which they go: by cost, then by
 * layer, rows before columns, then by index. In primitive arrays: a large model has a million.
 */
final class CostOrder {
  private final double[] costs;
  private final int[] layers;
  private final int[] lines; // a row as its index, a column as ~index
  private final int[] order;
  private int filled;

  CostOrder(List<StructureCosts> all, RowsColumns structures) {
    int size = 0;
    for (StructureCosts each : all) {
      size = Math.addExact(size, structures.rows() ? each.rows().length : 0);
      size = Math.addExact(size, structures.columns() ? each.columns().length : 0);
    }
    costs = new double[size];
    layers = new int[size];
    lines = new int[size];
    for (int layer = 0; layer < all.size(); layer++) {
      StructureCosts each = all.get(layer);
      for (int row = 0; structures.rows() && row < each.rows().length; row++) {
        put(layer, row, finite(each.rows()[row], each.layer(), "row", row));
      }
      for (int column = 0; structures.columns() && column < each.columns().length; column++) {
        put(layer, ~column, finite(each.columns()[column], each.layer(), "column", column));
      }
    }
    order = stableOrder(costs);
  }

  int size() {
    return order.length;
  }

  double cost(int position) {
    return costs[order[position]];
  }

  int layer(int position) {
    return layers[order[position]];
  }

  boolean isRow(int position) {
    return lines[order[position]] >= 0;
  }

  /** Index of the row or column within its layer. */
  int index(int position) {
    int line = lines[order[position]];
    return line >= 0 ? line : ~line;
  }

  private void put(int layer, int line, double cost) {
    layers[filled] = layer;
    lines[filled] = line;
    costs[filled] = cost;
    filled++;
  }

  private static double finite(double cost, String layer, String kind, int index) {
    if (!Double.isFinite(cost)) {
      throw new NonFiniteException(layer, "cost of " + kind + " " + index);
    }
    return cost;
  }

  /** Indices by ascending value; equal values, 0.0 and -0.0 among them, keep their order. */
  private static int[] stableOrder(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int[] taken = new int[values.length];
    int[] order = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      int first = firstNotLess(sorted, values[i]);
      order[first + taken[first]++] = i;
    }
    return order;
  }

  private static int firstNotLess(double[] sorted, double value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
