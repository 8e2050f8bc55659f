package org.llmsurgeon.pruning;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;

/**
 * One ordering of the rows and columns of all layers, cut where the model reaches its target
 * (algorithm section 3). Given the layers one at a time, it is a threshold for each layer.
 */
public final class GlobalThreshold {
  private final List<StructureCosts> layers;
  private final boolean[][] rowGone;
  private final boolean[][] columnGone;
  private final int[] rowsLeft;
  private final int[] columnsLeft;
  private double threshold;
  private long removed;
  private long total;

  private GlobalThreshold(List<StructureCosts> layers) {
    this.layers = layers;
    rowGone = new boolean[layers.size()][];
    columnGone = new boolean[layers.size()][];
    rowsLeft = new int[layers.size()];
    columnsLeft = new int[layers.size()];
    for (int i = 0; i < layers.size(); i++) {
      StructureCosts layer = layers.get(i);
      rowsLeft[i] = layer.rows().length;
      columnsLeft[i] = layer.columns().length;
      rowGone[i] = new boolean[rowsLeft[i]];
      columnGone[i] = new boolean[columnsLeft[i]];
      total += layer.weights();
    }
  }

  /**
   * Selects among rows and columns.
   *
   * @param layers costs of all layers, in the model's order, which breaks ties
   * @param target share of all weights that may go, in [0, 1]; never exceeded
   * @throws InputException if the target is not in [0, 1]
   * @throws org.llmsurgeon.curvature.NonFiniteException if a cost is not finite
   */
  public static ThresholdResult select(List<StructureCosts> layers, double target) {
    return select(layers, target, RowsColumns.BOTH);
  }

  /**
   * Selects among rows, columns or both: goes through them by (cost, layer, rows before columns,
   * index) and stops before the first that would take more weights than the target allows. A weight
   * in a row and a column that both go counts once, so a structure can add nothing; it never stops
   * the walk.
   *
   * @param layers costs of all layers, in the model's order, which breaks ties
   * @param target share of all weights that may go, in [0, 1]; never exceeded
   * @param structures what competes
   * @throws InputException if the target is not in [0, 1]
   * @throws org.llmsurgeon.curvature.NonFiniteException if a cost is not finite
   */
  public static ThresholdResult select(
      List<StructureCosts> layers, double target, RowsColumns structures) {
    checkSparsity(target);
    GlobalThreshold walk = new GlobalThreshold(layers);
    CostOrder order = new CostOrder(layers, structures);
    double limit = target * walk.total;
    int position = 0;
    while (position < order.size() && walk.removed + walk.added(order, position) <= limit) {
      walk.take(order, position);
      position++;
    }
    return walk.result();
  }

  /** Throws unless a share of weights is in [0, 1]. */
  static void checkSparsity(double sparsity) {
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new InputException(
          "The sparsity is "
              + sparsity
              + "; give the share of weights to remove, between 0 and 1, as 0.5.");
    }
  }

  /** Weights that go with a candidate and are not gone yet. */
  private long added(CostOrder order, int position) {
    int layer = order.layer(position);
    return order.isRow(position) ? columnsLeft[layer] : rowsLeft[layer];
  }

  private void take(CostOrder order, int position) {
    int layer = order.layer(position);
    removed += added(order, position);
    threshold = order.cost(position);
    if (order.isRow(position)) {
      rowGone[layer][order.index(position)] = true;
      rowsLeft[layer]--;
    } else {
      columnGone[layer][order.index(position)] = true;
      columnsLeft[layer]--;
    }
  }

  private ThresholdResult result() {
    List<Selection> selections = new ArrayList<>(layers.size());
    for (int i = 0; i < layers.size(); i++) {
      selections.add(new Selection(indices(rowGone[i]), indices(columnGone[i])));
    }
    return new ThresholdResult(selections, threshold, removed, total);
  }

  private static int[] indices(boolean[] gone) {
    return IntStream.range(0, gone.length).filter(i -> gone[i]).toArray();
  }
}
