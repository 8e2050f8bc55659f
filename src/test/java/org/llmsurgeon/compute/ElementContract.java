package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;

/** Elementwise steps, dots, gathering and scattering, against their definition. */
interface ElementContract extends DeviceUnderTest {
  /** Rows and columns. */
  int[][] SHAPES = {{0, 3}, {3, 0}, {1, 1}, {1, 9}, {2, 2}, {7, 5}, {8, 16}, {67, 130}, {300, 33}};

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void sumsTakeEitherPrecision(Precision precision) {
    for (Precision other : Precision.values()) {
      for (int[] shape : SHAPES) {
        PlainMatrix x = PlainMatrix.random(shape[0], shape[1], 1);
        PlainMatrix y = PlainMatrix.random(shape[0], shape[1], 2);
        double[] expected = new double[x.values().length];
        for (int i = 0; i < expected.length; i++) {
          expected[i] = -1.5 * x.values()[i] + y.values()[i];
        }
        try (Workspace work = workspace(precision)) {
          Tensor sum = work.tensor(y);
          device().add(-1.5, work.tensor(other, x), sum);
          double tolerance = tolerances(precision).elementwise();
          Tolerances.assertClose("sum", work.values(sum), expected, tolerance);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void scalingByZeroForgetsEvenNonFiniteNumbers(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor x = work.tensor(1, 4, Double.NaN, Double.POSITIVE_INFINITY, -3, 0);
      device().scale(0, x);
      Tolerances.assertClose("forgotten", work.values(x), new double[4], 0);
      Tensor y = work.tensor(2, 2, 1, -2, 3, 0);
      device().scale(-0.5, y);
      Tolerances.assertClose("scaled", work.values(y), new double[] {-0.5, 1, -1.5, -0.0}, 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void elementsAreMultipliedOneByOne(Precision precision) {
    for (int[] shape : SHAPES) {
      PlainMatrix x = PlainMatrix.random(shape[0], shape[1], 1);
      PlainMatrix y = PlainMatrix.random(shape[0], shape[1], 2);
      double[] expected = new double[x.values().length];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = x.values()[i] * y.values()[i];
      }
      try (Workspace work = workspace(precision)) {
        Tensor product = work.tensor(y);
        device().multiplyElements(work.tensor(x), product);
        double tolerance = tolerances(precision).elementwise();
        Tolerances.assertClose("product", work.values(product), expected, tolerance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void diagonalsAreReadAndShifted(Precision precision) {
    for (int n : MemoryContract.SIZES) {
      PlainMatrix matrix = PlainMatrix.random(n, n, n);
      try (Workspace work = workspace(precision)) {
        Tensor a = work.tensor(matrix);
        device().addDiagonal(a, 0.25);
        for (int i = 0; i < n; i++) {
          matrix.set(i, i, matrix.at(i, i) + 0.25);
        }
        double tolerance = tolerances(precision).elementwise();
        Tolerances.assertClose("shifted", work.values(a), matrix.values(), tolerance);
        double[] expected = new double[n];
        for (int i = 0; i < n; i++) {
          expected[i] = matrix.at(i, i);
        }
        Tolerances.assertClose("diagonal", device().diagonal(a), expected, tolerance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void dotsSumEachRowAndEachColumn(Precision precision) {
    for (int[] shape : SHAPES) {
      PlainMatrix x = PlainMatrix.random(shape[0], shape[1], 1);
      PlainMatrix y = PlainMatrix.random(shape[0], shape[1], 2);
      double[] rows = new double[shape[0]];
      double[] squares = new double[shape[0]];
      double[] columns = new double[shape[1]];
      for (int i = 0; i < shape[0]; i++) {
        for (int j = 0; j < shape[1]; j++) {
          rows[i] += x.at(i, j) * y.at(i, j);
          squares[i] += x.at(i, j) * x.at(i, j);
          columns[j] += x.at(i, j) * y.at(i, j);
        }
      }
      try (Workspace work = workspace(precision)) {
        Tensor left = work.tensor(x);
        Tensor right = work.tensor(y);
        double tolerance = tolerances(precision).elementwise();
        Tolerances.assertClose("rows", device().rowDots(left, right), rows, tolerance);
        Tolerances.assertClose("squares", device().rowDots(left, left), squares, tolerance);
        Tolerances.assertClose("columns", device().columnDots(left, right), columns, tolerance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void dotsAreSummedInDouble(Precision precision) {
    double[] values = {0x1p30, 1, 0.5, 0.25, -0x1p30, 0x1p-10};
    double[] ones = {1, 1, 1, 1, 1, 1};
    double sum = 1.75 + 0x1p-10;
    try (Workspace work = workspace(precision)) {
      assertThat(device().rowDots(work.tensor(1, 6, values), work.tensor(1, 6, ones)))
          .containsExactly(sum);
      assertThat(device().columnDots(work.tensor(6, 1, values), work.tensor(6, 1, ones)))
          .containsExactly(sum);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void theFirstNonFiniteElementIsFoundAnywhere(Precision precision) {
    double[] bad = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    try (Workspace work = workspace(precision)) {
      assertThat(device().firstNonFinite(work.zeros(0, 5))).isEqualTo(-1);
      for (int columns : new int[] {1, 2, 7, 33, 130}) {
        PlainMatrix clean = PlainMatrix.random(3, columns, 1);
        clean.set(1, 0, Float.MAX_VALUE);
        assertThat(device().firstNonFinite(work.tensor(clean))).isEqualTo(-1);
        for (int at = 0; at < 3 * columns; at++) {
          double[] values = clean.values().clone();
          values[3 * columns - 1] = Double.NaN;
          values[at] = bad[at % 3];
          assertThat(device().firstNonFinite(work.tensor(3, columns, values))).isEqualTo(at);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void gatheringTakesTheChosenRowsAndColumns(Precision precision) {
    int[][] choices = {null, {}, {3}, {4, 0, 4, 2}, {0, 1, 2, 3, 4}};
    PlainMatrix from = PlainMatrix.random(5, 5, 1);
    for (int[] rows : choices) {
      for (int[] columns : choices) {
        PlainMatrix expected = PlainMatrix.zeros(count(rows), count(columns));
        for (int i = 0; i < expected.rows(); i++) {
          for (int j = 0; j < expected.columns(); j++) {
            expected.set(i, j, from.at(chosen(rows, i), chosen(columns, j)));
          }
        }
        try (Workspace work = workspace(precision)) {
          Tensor to = work.blank(expected.rows(), expected.columns());
          device().gather(work.tensor(from), rows, columns, to);
          Tolerances.assertClose("gathered", work.values(to), expected.values(), 0);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void scatteringLeavesTheRestAlone(Precision precision) {
    int[][] choices = {null, {}, {3}, {4, 0, 2}, {4, 3, 2, 1, 0}};
    PlainMatrix before = PlainMatrix.random(5, 5, 1);
    for (int[] rows : choices) {
      for (int[] columns : choices) {
        PlainMatrix from = PlainMatrix.random(count(rows), count(columns), 2);
        PlainMatrix expected = new PlainMatrix(5, 5, before.values().clone());
        for (int i = 0; i < from.rows(); i++) {
          for (int j = 0; j < from.columns(); j++) {
            expected.set(chosen(rows, i), chosen(columns, j), from.at(i, j));
          }
        }
        try (Workspace work = workspace(precision)) {
          Tensor to = work.tensor(before);
          device().scatter(work.tensor(from), rows, columns, to);
          Tolerances.assertClose("scattered", work.values(to), expected.values(), 0);
        }
      }
    }
  }

  @Test
  default void gatheringAndScatteringAManyColumnedMatrixAreInverse() {
    int[] rows = new int[33];
    int[] columns = new int[65];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = 2 * i;
      rows[i / 2] = 66 - i / 2 * 2;
    }
    PlainMatrix part = PlainMatrix.random(rows.length, columns.length, 1);
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor whole = work.zeros(67, 130);
      device().scatter(work.tensor(part), rows, columns, whole);
      Tensor again = work.blank(rows.length, columns.length);
      device().gather(whole, rows, columns, again);
      Tolerances.assertClose("again", work.values(again), part.values(), 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void aFewColumnsOfAWideMatrixComeAndGoAlone(Precision precision) {
    int[][] choices = {null, {2, 0}};
    int[] columns = {90, 3, 95};
    PlainMatrix whole = PlainMatrix.random(3, 96, 1);
    for (int[] rows : choices) {
      int height = rows == null ? 3 : rows.length;
      PlainMatrix part = PlainMatrix.zeros(height, columns.length);
      PlainMatrix other = PlainMatrix.random(height, columns.length, 2);
      PlainMatrix after = new PlainMatrix(3, 96, whole.values().clone());
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < columns.length; j++) {
          part.set(i, j, whole.at(chosen(rows, i), columns[j]));
          after.set(chosen(rows, i), columns[j], other.at(i, j));
        }
      }
      try (Workspace work = workspace(precision)) {
        Tensor all = work.tensor(whole);
        Tensor some = work.blank(height, columns.length);
        device().gather(all, rows, columns, some);
        Tolerances.assertClose("gathered", work.values(some), part.values(), 0);
        device().scatter(work.tensor(other), rows, columns, all);
        Tolerances.assertClose("scattered", work.values(all), after.values(), 0);
      }
    }
  }

  private static int count(int[] choice) {
    return choice == null ? 5 : choice.length;
  }

  private static int chosen(int[] choice, int i) {
    return choice == null ? i : choice[i];
  }
}
