package org.llmsurgeon.pruning;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.pruning.structure.CoupledGroup;
import org.llmsurgeon.pruning.structure.Line;
import org.llmsurgeon.pruning.structure.Unit;

/**
 * The greedy order of a group's units by its definition: before each choice the joint cost of every
 * remaining unit is the rise of the dense quadratic's constrained minimum, free rows left out of
 * it.
 */
public final class PlainGreedy {
  private final CoupledGroup group;
  private final List<RandomLayer> layers;
  private final Damping damping;
  private final boolean[][] rowGone;
  private final boolean[][] columnGone;
  private final boolean[][] rowFree;

  /** The best unit now. */
  public record Choice(int unit, double cost, long weights) {
    public double perWeight() {
      return cost / weights;
    }
  }

  public PlainGreedy(CoupledGroup group, List<RandomLayer> layers, Damping damping) {
    this.group = group;
    this.layers = layers;
    this.damping = damping;
    rowGone = layers.stream().map(layer -> new boolean[layer.rows()]).toArray(boolean[][]::new);
    rowFree = layers.stream().map(layer -> new boolean[layer.rows()]).toArray(boolean[][]::new);
    columnGone =
        layers.stream().map(layer -> new boolean[layer.columns()]).toArray(boolean[][]::new);
  }

  public Choice cheapest() {
    Choice best = null;
    for (int unit = 0; unit < group.units().size(); unit++) {
      if (weights(unit) > 0) {
        Choice choice = of(unit);
        best = best == null || choice.perWeight() < best.perWeight() ? choice : best;
      }
    }
    return best;
  }

  /** What a unit costs and takes now. */
  public Choice of(int unit) {
    return new Choice(unit, cost(unit), weights(unit));
  }

  public void take(Choice choice) {
    mark(choice.unit(), true);
  }

  private long left() {
    long left = 0;
    for (int i = 0; i < layers.size(); i++) {
      left += count(rowGone[i]) * count(columnGone[i]);
    }
    return left;
  }

  private static long count(boolean[] gone) {
    return IntStream.range(0, gone.length).filter(i -> !gone[i]).count();
  }

  private long weights(int unit) {
    long before = left();
    boolean[][][] saved = save();
    mark(unit, true);
    long after = left();
    restore(saved);
    return before - after;
  }

  /**
   * Rise of the minimum over the compensated layer, with the rows that are free by now left out.
   */
  private double cost(int unit) {
    int layer = group.units().get(unit).ways().get(0).compensated().layer();
    double before = minimum(layer);
    boolean[][][] saved = save();
    mark(unit, false);
    double after = minimum(layer);
    restore(saved);
    return after - before;
  }

  private double minimum(int index) {
    RandomLayer layer = layers.get(index);
    int[] read = IntStream.range(0, layer.rows()).filter(i -> !rowFree[index][i]).toArray();
    double[][] g = RandomLayer.damped(layer.g(), damping.g());
    double[][] part =
        Arrays.stream(read)
            .mapToObj(i -> Arrays.stream(read).mapToDouble(j -> g[i][j]).toArray())
            .toArray(double[][]::new);
    int columns = layer.columns();
    double[] weight = new double[read.length * columns];
    boolean[] removed = new boolean[weight.length];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = layer.weight()[read[i / columns]][i % columns];
      removed[i] = rowGone[index][read[i / columns]] || columnGone[index][i % columns];
    }
    DenseQuadratic quadratic = new DenseQuadratic(part, RandomLayer.damped(layer.a(), damping.a()));
    return quadratic.cost(quadratic.cheapestRemoval(weight, removed));
  }

  private void mark(int unit, boolean withFree) {
    Unit.Way way = group.units().get(unit).ways().get(0);
    Unit.Part part = way.compensated();
    for (int index : part.indices()) {
      (part.line() == Line.ROW ? rowGone : columnGone)[part.layer()][index] = true;
    }
    if (withFree) {
      for (Unit.Part free : way.free()) {
        for (int index : free.indices()) {
          rowGone[free.layer()][index] = true;
          rowFree[free.layer()][index] = true;
        }
      }
    }
  }

  private boolean[][][] save() {
    return new boolean[][][] {copy(rowGone), copy(columnGone), copy(rowFree)};
  }

  private static boolean[][] copy(boolean[][] from) {
    return Arrays.stream(from).map(boolean[]::clone).toArray(boolean[][]::new);
  }

  private void restore(boolean[][][] saved) {
    for (int i = 0; i < rowGone.length; i++) {
      System.arraycopy(saved[0][i], 0, rowGone[i], 0, rowGone[i].length);
      System.arraycopy(saved[1][i], 0, columnGone[i], 0, columnGone[i].length);
      System.arraycopy(saved[2][i], 0, rowFree[i], 0, rowFree[i].length);
    }
  }
}
