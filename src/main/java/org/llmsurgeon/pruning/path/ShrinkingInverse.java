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
  private final Device device;
  private final String name;
  private final Tensor matrix;
  private final boolean[] lives;

  /**
   * Lines that go.
   *
   * @param block {@code Xi_SS} as its Cholesky triangle
   * @param coupling {@code Xi[S,:]}, zeros at lines that are gone
   * @param solved {@code (Xi_SS)^-1 Xi[S,:]}
   */
  record Leaving(Tensor block, Tensor coupling, Tensor solved) {}

  /**
   * @param device where it lives
   * @param name of the layer, for messages
   * @param matrix the inverse over all lines, written here
   * @param lives which lines are left, kept by the caller
   */
  ShrinkingInverse(Device device, String name, Tensor matrix, boolean[] lives) {
    this.device = device;
    this.name = name;
    this.matrix = matrix;
    this.lives = lives;
  }

  /** The inverse, of lines that are left. */
  Tensor matrix() {
    return matrix;
  }

  /**
   * What the update of a layer needs of lines that go; nothing is changed.
   *
   * @param work owns it
   * @param positions lines that are left, ascending
   * @throws NotPositiveDefiniteException if rounding has eaten what they had
   */
  Leaving leaving(TensorScope work, int[] positions) {
    Tensor block = work.empty(Precision.DOUBLE, positions.length, positions.length);
    device.gather(matrix, positions, positions, block);
    double[] diagonal = device.diagonal(block);
    int pivot = device.cholesky(block);
    if (pivot >= 0) {
      throw new NotPositiveDefiniteException(
          "The inverse of a factor of " + name + " where it is removed", pivot, diagonal);
    }
    Tensor coupling = work.empty(Precision.DOUBLE, positions.length, lives.length);
    device.gather(matrix, positions, null, coupling);
    int[] gone = IntStream.range(0, lives.length).filter(i -> !lives[i]).toArray();
    if (gone.length > 0) {
      Tensor zeros = work.zeros(Precision.DOUBLE, positions.length, gone.length);
      device.scatter(zeros, null, gone, coupling);
    }
    Tensor solved = work.empty(Precision.DOUBLE, positions.length, lives.length);
    device.copy(coupling, solved);
    device.solveCholesky(block, solved);
    return new Leaving(block, coupling, solved);
  }

  /** Takes the lines out. */
  void remove(Leaving leaving) {
    device.multiply(-1, leaving.coupling().transposed(), leaving.solved(), 1, matrix);
  }
}
