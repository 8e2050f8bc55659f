package org.llmsurgeon.pruning.layer;

import java.util.Arrays;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;
import org.llmsurgeon.pruning.structure.ElementMask;

/**
 * The authors' update (method, section 4): for each group of removed weights {@code (r_i, c_i)}
 * solve {@code C x = w} with {@code C = Gi[r, r] * Ai[c, c]}, put {@code x} at its places in a
 * matrix {@code X} of the group's rows alone, and add {@code -Gi[:, rows] X Ai}.
 */
final class GroupedUpdate implements MaskedUpdate {
  private final Device device;
  private final String name;
  private final LiveLayer layer;
  private final ElementUpdate.Grouped options;

  GroupedUpdate(Device device, String name, LiveLayer layer, ElementUpdate.Grouped options) {
    this.device = device;
    this.name = name;
    this.layer = layer;
    this.options = options;
  }

  @Override
  public Outcome apply(ElementMask removed, Tensor updated) {
    Tensor before = options.addUpdates() ? updated : layer.weight();
    Group group = new Group();
    int groups = 0;
    for (int row = 0; row < removed.rows(); row++) {
      int[] columns = removed.removedColumns(row);
      int done = 0;
      while (done < columns.length) {
        if (group.size > 0 && group.size + columns.length - done > options.mostCorrelated()) {
          groups += subtract(group, before, updated);
          group = new Group();
        }
        int end = Math.min(columns.length, done + options.mostCorrelated());
        group.add(row, Arrays.copyOfRange(columns, done, end));
        done = end;
      }
    }
    groups += subtract(group, before, updated);
    return new Outcome(groups, 0, true);
  }

  /** Removed weights by live position, row by row. */
  private static final class Group {
    private int[] rows = new int[64];
    private int[] columns = new int[64];
    private int size;

    void add(int row, int[] more) {
      int needed = size + more.length;
      if (needed > rows.length) {
        rows = Arrays.copyOf(rows, Math.max(needed, 2 * size));
        columns = Arrays.copyOf(columns, rows.length);
      }
      Arrays.fill(rows, size, needed, row);
      System.arraycopy(more, 0, columns, size, more.length);
      size = needed;
    }

    int[] rows() {
      return Arrays.copyOf(rows, size);
    }

    int[] columns() {
      return Arrays.copyOf(columns, size);
    }
  }

  /** Subtracts the update of a group; returns how many groups that were, 0 or 1. */
  private int subtract(Group group, Tensor before, Tensor updated) {
    if (group.size == 0) {
      return 0;
    }
    int[] rows = group.rows();
    int[] columns = group.columns();
    int[] distinct = Arrays.stream(rows).distinct().toArray();
    Tensor inverseG = layer.outputs().inverse().matrix();
    Tensor inverseA = layer.inputs().inverse().matrix();
    try (TensorScope work = new TensorScope(device)) {
      double[] solution = solve(work, rows, columns, before);
      Tensor x = spread(work, distinct, rows, columns, solution);
      Tensor right = work.empty(Precision.DOUBLE, distinct.length, updated.columns());
      device.multiply(1, x, inverseA, 0, right);
      Tensor left = gather(work, inverseG, null, distinct);
      device.multiply(-1, left, right, 1, updated);
    }
    return 1;
  }

  /** {@code C^-1 w}. */
  private double[] solve(TensorScope scope, int[] rows, int[] columns, Tensor before) {
    try (TensorScope work = new TensorScope(device)) {
      Tensor joint = gather(work, layer.outputs().inverse().matrix(), rows, rows);
      Tensor inputs = gather(work, layer.inputs().inverse().matrix(), columns, columns);
      device.multiplyElements(inputs, joint);
      double[] diagonal = device.diagonal(joint);
      int pivot = device.cholesky(joint);
      if (pivot >= 0) {
        throw new NotPositiveDefiniteException(
            "The inverse of G (x) A of " + name + " where it is removed", pivot, diagonal);
      }
      double[] weights = weights(rows, columns, before);
      Tensor solution = work.own(device.tensor(Precision.DOUBLE, weights.length, 1, weights));
      device.solveCholesky(joint, solution);
      return device.values(solution);
    }
  }

  private double[] weights(int[] rows, int[] columns, Tensor before) {
    double[] weights = new double[rows.length];
    double[] row = new double[before.columns()];
    for (int i = 0; i < rows.length; i++) {
      if (i == 0 || rows[i] != rows[i - 1]) {
        device.download(before, (long) rows[i] * row.length, row, 0, row.length);
      }
      weights[i] = row[columns[i]];
    }
    return weights;
  }

  /** {@code X} over the group's rows. */
  private Tensor spread(
      TensorScope work, int[] distinct, int[] rows, int[] columns, double[] solution) {
    int width = layer.weight().columns();
    double[] values = new double[Math.multiplyExact(distinct.length, width)];
    int at = 0;
    for (int i = 0; i < rows.length; i++) {
      at += i > 0 && rows[i] != rows[i - 1] ? 1 : 0;
      values[at * width + columns[i]] = solution[i];
    }
    return work.own(device.tensor(Precision.DOUBLE, distinct.length, width, values));
  }

  private Tensor gather(TensorScope work, Tensor from, int[] rows, int[] columns) {
    Tensor to =
        work.empty(Precision.DOUBLE, rows == null ? from.rows() : rows.length, columns.length);
    device.gather(from, rows, columns, to);
    return to;
  }
}
