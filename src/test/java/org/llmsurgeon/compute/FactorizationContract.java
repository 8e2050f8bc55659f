package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;

/** Cholesky, solves, inverses and eigenvectors, by multiplying back. */
interface FactorizationContract extends DeviceUnderTest {
  int[] ORDERS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 67, 130};

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void choleskyMultipliesBack(Precision precision) {
    for (int n : ORDERS) {
      PlainMatrix a = PlainMatrix.positiveDefinite(n, n);
      try (Workspace work = workspace(precision)) {
        Tensor tensor = work.tensor(a.withUpperTriangle(Double.NaN));
        assertThat(device().cholesky(tensor)).as("order %d", n).isEqualTo(-1);
        PlainMatrix l = work.matrix(tensor);
        assertThat(l.values()).containsExactly(l.withUpperTriangle(0).values());
        check("L L^T of order " + n, l.times(l.transposed()), a, precision);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void choleskyNamesTheFirstPivotThatIsNotPositive(Precision precision) {
    for (int n : new int[] {1, 2, 3, 9, 67, 130, 300}) {
      for (int pivot : new int[] {0, n / 3, n / 2, n - 1}) {
        try (Workspace work = workspace(precision)) {
          Tensor a = work.tensor(withPivot(n, pivot, -1));
          assertThat(device().cholesky(a)).as("order %d", n).isEqualTo(pivot);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void choleskyRefusesAPivotOfZero(Precision precision) {
    try (Workspace work = workspace(precision)) {
      assertThat(device().cholesky(work.zeros(3, 3))).isZero();
      assertThat(device().cholesky(work.tensor(2, 2, 1, 1, 1, 1))).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void choleskyDoesNotLetNotANumberPass(Precision precision) {
    for (int n : new int[] {1, 2, 5, 67, 130}) {
      for (int i : new int[] {0, n / 2, n - 1}) {
        for (int j : new int[] {0, i / 2, i}) {
          PlainMatrix a = PlainMatrix.positiveDefinite(n, 1);
          a.set(i, j, Double.NaN);
          try (Workspace work = workspace(precision)) {
            assertThat(device().cholesky(work.tensor(a)))
                .as("NaN at (%d, %d) of order %d", i, j, n)
                .isEqualTo(i);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void theInverseTimesTheMatrixIsTheIdentity(Precision precision) {
    for (int n : ORDERS) {
      PlainMatrix a = PlainMatrix.positiveDefinite(n, n);
      try (Workspace work = workspace(precision)) {
        Tensor tensor = work.tensor(a);
        device().cholesky(tensor);
        device().inverseFromCholesky(tensor);
        PlainMatrix inverse = work.matrix(tensor);
        check("A^-1 A of order " + n, inverse.times(a), PlainMatrix.identity(n), precision);
        assertThat(inverse.values())
            .as("symmetric, bit for bit")
            .containsExactly(inverse.transposed().values());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void triangularSolvesMultiplyBack(Precision precision) {
    for (int n : ORDERS) {
      for (int columns : new int[] {0, 1, 5, 33}) {
        PlainMatrix l = lowerTriangle(n);
        PlainMatrix b = PlainMatrix.random(n, columns, 2);
        try (Workspace work = workspace(precision)) {
          Tensor factor = work.tensor(l.withUpperTriangle(Double.NaN));
          Tensor x = work.tensor(b);
          device().solveTriangular(factor, false, x);
          check("L X of order " + n, l.times(work.matrix(x)), b, precision);
          Tensor y = work.tensor(b);
          device().solveTriangular(factor, true, y);
          check("L^T Y of order " + n, l.transposed().times(work.matrix(y)), b, precision);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void choleskySolvesMultiplyBack(Precision precision) {
    for (int n : ORDERS) {
      for (int columns : new int[] {0, 1, 5, 33}) {
        PlainMatrix a = PlainMatrix.positiveDefinite(n, n);
        PlainMatrix b = PlainMatrix.random(n, columns, 2);
        try (Workspace work = workspace(precision)) {
          Tensor l = work.tensor(a);
          device().cholesky(l);
          Tensor x = work.tensor(b);
          device().solveCholesky(l, x);
          check("A X of order " + n, a.times(work.matrix(x)), b, precision);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void eigenvectorsAreOrthonormalAndAscending(Precision precision) {
    for (int n : ORDERS) {
      PlainMatrix a = PlainMatrix.positiveDefinite(n, n);
      for (int i = 0; i < n; i++) {
        a.set(i, i, a.at(i, i) - 1.5);
      }
      try (Workspace work = workspace(precision)) {
        Tensor tensor = work.tensor(a.withUpperTriangle(Double.NaN));
        double[] eigenvalues = device().eigen(tensor);
        assertThat(eigenvalues).hasSize(n).isSorted();
        PlainMatrix v = work.matrix(tensor);
        PlainMatrix scaled = PlainMatrix.zeros(n, n);
        for (int i = 0; i < n; i++) {
          for (int j = 0; j < n; j++) {
            scaled.set(i, j, eigenvalues[i] * v.at(i, j));
          }
        }
        check("V A of order " + n, v.times(a), scaled, precision);
        check("V V^T of order " + n, v.times(v.transposed()), PlainMatrix.identity(n), precision);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void eigenvaluesOfEqualAndDiagonalMatricesAreRight(Precision precision) {
    try (Workspace work = workspace(precision)) {
      assertThat(device().eigen(work.zeros(4, 4))).containsExactly(0, 0, 0, 0);
      Tensor ones = work.tensor(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
      double tolerance = tolerances(precision).factorization();
      Tolerances.assertClose("ones", device().eigen(ones), new double[] {0, 0, 3}, tolerance);
      Tensor diagonal = work.tensor(3, 3, 2, 0, 0, 0, -1, 0, 0, 0, 0.5);
      Tolerances.assertClose(
          "diagonal", device().eigen(diagonal), new double[] {-1, 0.5, 2}, tolerance);
    }
  }

  @Test
  default void eigenvectorsOfNonFiniteMatricesAreRefused() {
    try (Workspace work = workspace(Precision.DOUBLE)) {
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        assertThatThrownBy(() -> device().eigen(work.tensor(2, 2, 1, bad, bad, 1)))
            .isInstanceOf(ArithmeticException.class);
      }
    }
  }

  private void check(String what, PlainMatrix actual, PlainMatrix expected, Precision precision) {
    double tolerance = tolerances(precision).factorization();
    Tolerances.assertClose(what, actual.values(), expected.values(), tolerance);
  }

  /** A well-conditioned lower triangle. */
  private static PlainMatrix lowerTriangle(int n) {
    PlainMatrix l = PlainMatrix.random(n, n, 1).withUpperTriangle(0);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        l.set(i, j, (float) (l.at(i, j) / n));
      }
      l.set(i, i, 1 + 0.5 * (i % 3));
    }
    return l;
  }

  /** {@code L D L^T} with unit diagonal of {@code D} but for one entry. */
  private static PlainMatrix withPivot(int n, int pivot, double value) {
    PlainMatrix l = lowerTriangle(n);
    PlainMatrix scaled = new PlainMatrix(n, n, l.values().clone());
    for (int i = 0; i < n; i++) {
      scaled.set(i, pivot, value * scaled.at(i, pivot));
    }
    return scaled.times(l.transposed());
  }
}
