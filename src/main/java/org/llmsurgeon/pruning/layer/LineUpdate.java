package org.llmsurgeon.pruning.layer;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;

/**
 * How the weights that stay make up for whole rows and columns that go (method, section 4, from the
 * inverses). For rows {@code R}: {@code W - Gi[:, R] (Gi_RR)^-1 W_R}; for columns {@code C}: {@code
 * W - W_C (Ai_CC)^-1 Ai[C, :]}. Independent updates take the diagonal of {@code Gi_RR} and {@code
 * Ai_CC} alone. All indices count the live.
 */
final class LineUpdate {
  private final Device device;
  private final LiveLayer layer;
  private final UpdateKind kind;

  LineUpdate(Device device, LiveLayer layer, UpdateKind kind) {
    this.device = device;
    this.layer = layer;
    this.kind = kind;
  }

  /**
   * Changes the weights that stay; those that go are left near 0, not at 0.
   *
   * @param rows live rows that go
   * @param columns live columns that go
   * @param updated a copy of the live weight, changed in place
   */
  void apply(int[] rows, int[] columns, Tensor updated) {
    if (kind == UpdateKind.NONE) {
      return;
    }
    subtractRowUpdate(layer.weight(), rows, updated);
    Tensor before = kind == UpdateKind.JOINT ? updated : layer.weight();
    subtractColumnUpdate(before, columns, updated);
  }

  private void subtractRowUpdate(Tensor before, int[] rows, Tensor updated) {
    if (rows.length == 0) {
      return;
    }
    Tensor inverse = layer.outputs().inverse().matrix();
    try (TensorScope work = new TensorScope(device)) {
      Tensor solved = gather(work, before, rows, null);
      solve(work, layer.outputs(), rows, solved);
      Tensor coupling = gather(work, inverse, null, rows);
      device.multiply(-1, coupling, solved, 1, updated);
    }
  }

  private void subtractColumnUpdate(Tensor before, int[] columns, Tensor updated) {
    if (columns.length == 0) {
      return;
    }
    Tensor inverse = layer.inputs().inverse().matrix();
    try (TensorScope work = new TensorScope(device)) {
      Tensor solved = gather(work, inverse, columns, null);
      solve(work, layer.inputs(), columns, solved);
      Tensor going = gather(work, before, null, columns);
      device.multiply(-1, going, solved, 1, updated);
    }
  }

  /** {@code b <- (M^-1_removed,removed)^-1 b}, or its diagonal alone. */
  private void solve(TensorScope work, LiveFactor factor, int[] removed, Tensor b) {
    if (kind == UpdateKind.INDEPENDENT) {
      double[] diagonal = factor.inverse().diagonal();
      for (int i = 0; i < removed.length; i++) {
        device.scale(1 / diagonal[removed[i]], b.rowRange(i, i + 1));
      }
      return;
    }
    Tensor block = gather(work, factor.inverse().matrix(), removed, removed);
    double[] diagonal = device.diagonal(block);
    int pivot = device.cholesky(block);
    if (pivot >= 0) {
      throw new NotPositiveDefiniteException(
          "The inverse of " + factor.name() + " where it is removed", pivot, diagonal);
    }
    device.solveCholesky(block, b);
  }

  private Tensor gather(TensorScope work, Tensor from, int[] rows, int[] columns) {
    Tensor to =
        work.empty(
            Precision.DOUBLE,
            rows == null ? from.rows() : rows.length,
            columns == null ? from.columns() : columns.length);
    device.gather(from, rows, columns, to);
    return to;
  }
}
