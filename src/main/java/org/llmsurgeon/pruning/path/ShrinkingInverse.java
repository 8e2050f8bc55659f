package org.llmsurgeon.pruning.path;

import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;

/**
 * The inverse of a factor from which lines go in sets: each time a Schur complement, {@code Xi -=
 * Xi[:,S] (Xi_SS)^-1 Xi[S,:]}. Since it is symmetric only its rows are taken out. What stands at
 * lines that are gone is never read again and is not put to zero.
 */
final class ShrinkingInverse {
  /** Lines that wait at most: a product with so many is a matter of arithmetic. */
  private static final int MOST = 256;

  private final TensorScope scope;
  private final Device device;
  private final String name;
  private final Tensor matrix;
  private final boolean[] lives;
  private final double[] diagonal;

  /** {@code Xi[S,:]} of the sets that wait, below each other, and {@code (Xi_SS)^-1 Xi[S,:]}. */
  private Tensor couplings;

  private Tensor solutions;
  private int count;

  /**
   * Lines that go.
   *
   * @param block {@code Xi_SS} as its Cholesky triangle
   * @param coupling {@code Xi[S,:]}, zeros at lines that are gone
   * @param solved {@code (Xi_SS)^-1 Xi[S,:]}
   */
  record Leaving(Tensor block, Tensor coupling, Tensor solved) {}

  /**
   * @param scope owns what waits
   * @param name of the layer, for messages
   * @param matrix the inverse over all lines, written here
   * @param lives which lines are left, kept by the caller
   */
  ShrinkingInverse(TensorScope scope, String name, Tensor matrix, boolean[] lives) {
    this.device = scope.device();
    this.name = name;
    this.matrix = matrix;
    this.lives = lives;
    this.diagonal = device.diagonal(matrix);
    this.scope = scope;
  }

  /** The inverse, of lines that are left. */
  Tensor matrix() {
    settle();
    return matrix;
  }

  /** Its diagonal, of lines that are left; not to be written. */
  double[] diagonal() {
    return diagonal;
  }

  /**
   * What the update of a layer needs of lines that go; nothing is changed.
   *
   * @param work owns it
   * @param positions lines that are left, ascending
   * @throws NotPositiveDefiniteException if rounding has eaten what they had
   */
  Leaving leaving(TensorScope work, int[] positions) {
    Tensor coupling = rows(work, positions);
    int[] gone = IntStream.range(0, lives.length).filter(i -> !lives[i]).toArray();
    if (gone.length > 0) {
      Tensor zeros = work.zeros(Precision.DOUBLE, positions.length, gone.length);
      device.scatter(zeros, null, gone, coupling);
    }
    Tensor block = work.empty(Precision.DOUBLE, positions.length, positions.length);
    device.gather(coupling, null, positions, block);
    double[] before = device.diagonal(block);
    int pivot = device.cholesky(block);
    if (pivot >= 0) {
      throw new NotPositiveDefiniteException(
          "The inverse of a factor of " + name + " where it is removed", pivot, before);
    }
    Tensor solved = work.empty(Precision.DOUBLE, positions.length, lives.length);
    device.copy(coupling, solved);
    device.solveCholesky(block, solved);
    return new Leaving(block, coupling, solved);
  }

  /** Rows as they are now. */
  private Tensor rows(TensorScope work, int[] positions) {
    Tensor rows = work.empty(Precision.DOUBLE, positions.length, lives.length);
    device.gather(matrix, positions, null, rows);
    if (count > 0) {
      Tensor theirs = work.empty(Precision.DOUBLE, count, positions.length);
      device.gather(couplings.rowRange(0, count), null, positions, theirs);
      device.multiply(-1, theirs.transposed(), solutions.rowRange(0, count), 1, rows);
    }
    return rows;
  }

  /** Takes the lines out. */
  void remove(Leaving leaving) {
    double[] fall = device.columnDots(leaving.coupling(), leaving.solved());
    for (int i = 0; i < diagonal.length; i++) {
      diagonal[i] -= fall[i];
    }
    int lines = leaving.solved().rows();
    int most = Math.min(MOST, lives.length);
    if (count + lines > most) {
      settle();
    }
    if (lines > most) {
      subtract(leaving.coupling(), leaving.solved());
    } else {
      if (couplings == null) {
        couplings = scope.empty(Precision.DOUBLE, most, lives.length);
        solutions = scope.empty(Precision.DOUBLE, most, lives.length);
      }
      device.copy(leaving.coupling(), couplings.rowRange(count, count + lines));
      device.copy(leaving.solved(), solutions.rowRange(count, count + lines));
      count += lines;
    }
  }

  private void settle() {
    if (count > 0) {
      subtract(couplings.rowRange(0, count), solutions.rowRange(0, count));
      count = 0;
    }
  }

  private void subtract(Tensor coupling, Tensor solved) {
    device.multiply(-1, coupling.transposed(), solved, 1, matrix);
  }
}
