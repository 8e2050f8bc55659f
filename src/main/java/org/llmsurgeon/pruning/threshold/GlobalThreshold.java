package org.llmsurgeon.pruning.threshold;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.layer.StructureCosts;
import org.llmsurgeon.pruning.structure.LayerSparsity;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.Selection;
import org.llmsurgeon.pruning.structure.WeightCount;

/**
 * One ordering of the rows and columns of all layers, cut where the model reaches its target
 * (method, section 3). Given the layers one at a time, it is a threshold for each layer.
 */
public final class GlobalThreshold {
  private final List<StructureCosts> layers;
  private final boolean[][] rowGone;
  private final boolean[][] columnGone;
  private final int[] rowsLeft;
  private final int[] columnsLeft;
  private final long[] most;
  private final boolean[] closed;
  private double threshold;
  private long removed;
  private long total;

  private GlobalThreshold(List<StructureCosts> layers, long[] most) {
    this.layers = layers;
    this.most = most;
    closed = new boolean[layers.size()];
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
   * Selects among rows, columns or both: goes through them by (cost, layer, rows before columns,
   * index) and stops before the first that would take more weights than the target allows. A weight
   * in a row and a column that both go counts once, so a structure can add nothing; it never stops
   * the walk. What is gone already goes first, whatever the target: zeros stay zeros.
   *
   * @param layers costs of all layers, in the model's order, which breaks ties
   * @param target share of all weights that may go, in [0, 1]; never exceeded
   * @param structures what competes
   * @throws InputException if the target is not in [0, 1]
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite
   */
  public static ThresholdResult select(
      List<StructureCosts> layers, double target, RowsColumns structures) {
    long[] all = layers.stream().mapToLong(StructureCosts::weights).toArray();
    return select(layers, target, structures, all);
  }

  /**
   * As {@link #select(List, double, RowsColumns)}, with a limit for each layer: the first structure
   * that would pass it ends that layer's part in the walk. Of a layer of which nothing may go, not
   * even what is gone already is selected.
   *
   * @param layers costs of all layers, in the model's order, which breaks ties
   * @param target share of all weights that may go, in [0, 1]; never exceeded
   * @param structures what competes
   * @param most how many weights of each layer may be gone
   * @throws InputException if the target is not in [0, 1]
   * @throws org.llmsurgeon.compute.NonFiniteException if a cost is not finite
   */
  public static ThresholdResult select(
      List<StructureCosts> layers, double target, RowsColumns structures, long[] most) {
    LayerSparsity.checkShare(target);
    GlobalThreshold walk = new GlobalThreshold(layers, most);
    CostOrder order = new CostOrder(layers, structures);
    long limit = WeightCount.atMost(target, walk.total);
    walk.takeGone();
    int position = 0;
    while (position < order.size()
        && (walk.isClosed(order, position)
            || walk.removed + walk.added(order, position) <= limit)) {
      walk.take(order, position);
      position++;
    }
    return walk.result();
  }

  /**
   * A threshold for each layer: every one reaches a share on its own.
   *
   * @param layers costs of all layers
   * @param targets share of the weights of each that may go, in [0, 1]; never exceeded
   * @param structures what competes
   * @return the highest threshold
   */
  public static ThresholdResult selectEach(
      List<StructureCosts> layers, double[] targets, RowsColumns structures) {
    List<Selection> selections = new ArrayList<>();
    double threshold = 0;
    long removed = 0;
    long total = 0;
    for (int i = 0; i < layers.size(); i++) {
      List<StructureCosts> one = List.of(layers.get(i));
      long[] most = {targets[i] == 0 ? 0 : layers.get(i).weights()};
      ThresholdResult result = select(one, targets[i], structures, most);
      selections.addAll(result.selections());
      threshold = Math.max(threshold, result.threshold());
      removed += result.removed();
      total += result.total();
    }
    return new ThresholdResult(selections, threshold, removed, total);
  }

  /** Whether a candidate's layer has lost what it may; closes it where this one would pass that. */
  private boolean isClosed(CostOrder order, int position) {
    int layer = order.layer(position);
    long gone = layers.get(layer).weights() - (long) rowsLeft[layer] * columnsLeft[layer];
    closed[layer] |= gone + added(order, position) > most[layer];
    return closed[layer];
  }

  private void takeGone() {
    for (int layer = 0; layer < layers.size(); layer++) {
      if (most[layer] == 0) {
        continue;
      }
      for (int row : layers.get(layer).gone().rows()) {
        remove(layer, true, row);
      }
      for (int column : layers.get(layer).gone().columns()) {
        remove(layer, false, column);
      }
    }
  }

  /** Weights that go with a candidate and are not gone yet. */
  private long added(CostOrder order, int position) {
    int layer = order.layer(position);
    if (isGone(order, position)) {
      return 0;
    }
    return order.isRow(position) ? columnsLeft[layer] : rowsLeft[layer];
  }

  private boolean isGone(CostOrder order, int position) {
    boolean[][] gone = order.isRow(position) ? rowGone : columnGone;
    return gone[order.layer(position)][order.index(position)];
  }

  private void take(CostOrder order, int position) {
    if (!closed[order.layer(position)] && !isGone(order, position)) {
      threshold = order.cost(position);
      remove(order.layer(position), order.isRow(position), order.index(position));
    }
  }

  private void remove(int layer, boolean row, int index) {
    removed += row ? columnsLeft[layer] : rowsLeft[layer];
    if (row) {
      rowGone[layer][index] = true;
      rowsLeft[layer]--;
    } else {
      columnGone[layer][index] = true;
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
