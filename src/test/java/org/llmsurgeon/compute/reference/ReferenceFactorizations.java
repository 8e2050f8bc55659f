package org.llmsurgeon.compute.reference;

import static org.llmsurgeon.compute.reference.ReferenceTensor.of;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.LinearAlgebra;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/** Cholesky, triangular solves and eigenvectors of {@link ReferenceDevice}, by definition. */
final class ReferenceFactorizations {
  /** Jacobi needs about 10 sweeps for any matrix that fits here. */
  private static final int MAXIMUM_SWEEPS = 100;

  /** Off-diagonal elements below this part of the largest element count as 0. */
  private static final double NEGLIGIBLE = 0x1p-60;

  private ReferenceFactorizations() {}

  /** See {@link LinearAlgebra#cholesky}. */
  static int cholesky(Tensor a) {
    ReferenceTensor matrix = of(a);
    ShapeChecks.square("a", a);
    int n = matrix.rows();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        // l_ij = (a_ij - sum_{k<j} l_ik l_jk) / l_jj
        matrix.set(i, j, (matrix.at(i, j) - rowDot(matrix, i, j)) / matrix.at(j, j));
        matrix.set(j, i, 0);
      }
      // l_ii = sqrt(a_ii - sum_{k<i} l_ik^2); the negation also refuses NaN
      double pivot = matrix.at(i, i) - rowDot(matrix, i, i);
      if (!(pivot > 0)) {
        return i;
      }
      matrix.set(i, i, Math.sqrt(pivot));
    }
    return -1;
  }

  /** {@code sum_{k<j} l_ik l_jk}. */
  private static double rowDot(ReferenceTensor l, int i, int j) {
    double sum = 0;
    for (int k = 0; k < j; k++) {
      sum += l.at(i, k) * l.at(j, k);
    }
    return sum;
  }

  /** See {@link LinearAlgebra#inverseFromCholesky}: solves for the identity. */
  static void inverseFromCholesky(Tensor l) {
    ReferenceTensor factor = of(l);
    ShapeChecks.square("l", l);
    int n = factor.rows();
    ReferenceTensor inverse = ReferenceTensor.zeros(l.precision(), n, n);
    for (int i = 0; i < n; i++) {
      inverse.set(i, i, 1);
    }
    solveCholesky(l, inverse);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        factor.set(i, j, inverse.at(i, j));
        factor.set(j, i, inverse.at(i, j));
      }
    }
  }

  /** See {@link LinearAlgebra#solveTriangular}. */
  static void solveTriangular(Tensor l, boolean transposed, Tensor b) {
    ReferenceTensor factor = of(l);
    ReferenceTensor right = of(b);
    ShapeChecks.square("l", l);
    ShapeChecks.shape("b", b, l.rows(), b.columns());
    ShapeChecks.samePrecision(l, b);
    right.mustNotOverlap(factor);
    for (int column = 0; column < right.columns(); column++) {
      if (transposed) {
        substituteBackward(factor, right, column);
      } else {
        substituteForward(factor, right, column);
      }
    }
  }

  /** {@code x_i = (b_i - sum_{k<i} l_ik x_k) / l_ii}, from the first row on. */
  private static void substituteForward(ReferenceTensor l, ReferenceTensor b, int column) {
    for (int i = 0; i < l.rows(); i++) {
      double rest = b.at(i, column);
      for (int k = 0; k < i; k++) {
        rest -= l.at(i, k) * b.at(k, column);
      }
      b.set(i, column, rest / l.at(i, i));
    }
  }

  /** {@code x_i = (b_i - sum_{k>i} l_ki x_k) / l_ii}, from the last row on. */
  private static void substituteBackward(ReferenceTensor l, ReferenceTensor b, int column) {
    for (int i = l.rows() - 1; i >= 0; i--) {
      double rest = b.at(i, column);
      for (int k = i + 1; k < l.rows(); k++) {
        rest -= l.at(k, i) * b.at(k, column);
      }
      b.set(i, column, rest / l.at(i, i));
    }
  }

  /** See {@link LinearAlgebra#solveCholesky}. */
  static void solveCholesky(Tensor l, Tensor b) {
    solveTriangular(l, false, b);
    solveTriangular(l, true, b);
  }

  /** See {@link LinearAlgebra#eigen}: cyclic Jacobi, sweep after sweep. */
  static double[] eigen(Tensor a) {
    ReferenceTensor matrix = of(a);
    ShapeChecks.square("a", a);
    ReferenceLinearAlgebra.mirror(a);
    if (ReferenceLinearAlgebra.firstNonFinite(a) >= 0) {
      throw new ArithmeticException("No eigenvectors of a matrix with non-finite elements");
    }
    int n = matrix.rows();
    ReferenceTensor vectors = ReferenceTensor.zeros(a.precision(), n, n);
    for (int i = 0; i < n; i++) {
      vectors.set(i, i, 1);
    }
    double negligible = NEGLIGIBLE * largestMagnitude(matrix);
    int sweeps = 0;
    while (sweep(matrix, vectors, negligible)) {
      sweeps++;
      if (sweeps == MAXIMUM_SWEEPS) {
        throw new ArithmeticException("Jacobi did not converge in " + sweeps + " sweeps");
      }
    }
    return writeAscending(matrix, vectors);
  }

  private static double largestMagnitude(ReferenceTensor matrix) {
    double largest = 0;
    for (long i = 0; i < matrix.size(); i++) {
      largest = Math.max(largest, Math.abs(matrix.at(i)));
    }
    return largest;
  }

  /** Rotates every pair once; whether there was anything left to rotate. */
  private static boolean sweep(ReferenceTensor a, ReferenceTensor vectors, double negligible) {
    boolean rotated = false;
    for (int p = 0; p < a.rows(); p++) {
      for (int q = p + 1; q < a.rows(); q++) {
        if (Math.abs(a.at(p, q)) > negligible) {
          rotate(a, vectors, p, q);
          rotated = true;
        }
      }
    }
    return rotated;
  }

  /**
   * {@code a <- J a J^T} and {@code vectors <- J vectors}, where {@code J} turns rows {@code p} and
   * {@code q} so that {@code a_pq} becomes 0: with {@code theta = (a_qq - a_pp) / (2 a_pq)}, {@code
   * t = sign(theta) / (|theta| + sqrt(theta^2 + 1))}, {@code c = 1 / sqrt(t^2 + 1)}, {@code s = t
   * c}.
   */
  private static void rotate(ReferenceTensor a, ReferenceTensor vectors, int p, int q) {
    double theta = (a.at(q, q) - a.at(p, p)) / (2 * a.at(p, q));
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(theta, 1));
    double c = 1 / Math.hypot(t, 1);
    double s = t * c;
    for (int k = 0; k < a.rows(); k++) {
      double left = a.at(k, p);
      double right = a.at(k, q);
      a.set(k, p, c * left - s * right);
      a.set(k, q, s * left + c * right);
    }
    rotateRows(a, p, q, c, s);
    rotateRows(vectors, p, q, c, s);
    a.set(p, q, 0);
    a.set(q, p, 0);
  }

  private static void rotateRows(ReferenceTensor x, int p, int q, double c, double s) {
    for (int k = 0; k < x.columns(); k++) {
      double upper = x.at(p, k);
      double lower = x.at(q, k);
      x.set(p, k, c * upper - s * lower);
      x.set(q, k, s * upper + c * lower);
    }
  }

  /** Puts the eigenvectors into the matrix, row by row, in the order of their eigenvalues. */
  private static double[] writeAscending(ReferenceTensor matrix, ReferenceTensor vectors) {
    int n = matrix.rows();
    double[] unordered = ReferenceLinearAlgebra.diagonal(matrix);
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> unordered[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] eigenvalues = new double[n];
    for (int i = 0; i < n; i++) {
      eigenvalues[i] = unordered[order[i]];
    }
    ReferenceLinearAlgebra.gather(vectors, order, null, matrix);
    return eigenvalues;
  }
}
