package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.llmsurgeon.Tolerances;

/** Products and the packed triangles, against their definition on plain arrays. */
interface ProductContract extends DeviceUnderTest {
  /** Rows, inner size and columns: empty ones, small ones, and some past any vector or block. */
  int[][] PRODUCTS = {
    {0, 3, 2},
    {2, 0, 3},
    {3, 2, 0},
    {0, 0, 0},
    {1, 1, 1},
    {2, 2, 2},
    {3, 4, 5},
    {6, 7, 8},
    {9, 9, 9},
    {1, 300, 67},
    {67, 1, 130},
    {130, 300, 1},
    {67, 130, 33},
    {300, 67, 130}
  };

  /** Tokens and width. */
  int[][] SAMPLES = {
    {0, 3}, {3, 0}, {1, 1}, {2, 2}, {5, 3}, {3, 5}, {8, 9}, {9, 8}, {300, 7}, {7, 130}, {300, 67}
  };

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void productsAreRightForEveryTransposeAndFactor(Precision precision) {
    double[][] factors = {{1, 0}, {-0.5, 1}, {2, 0.25}, {0, 1}};
    for (int[] size : PRODUCTS) {
      PlainMatrix a = PlainMatrix.random(size[0], size[1], 1);
      PlainMatrix b = PlainMatrix.random(size[1], size[2], 2);
      PlainMatrix product = a.times(b);
      for (int variant = 0; variant < 4; variant++) {
        boolean left = variant % 2 == 1;
        boolean right = variant / 2 == 1;
        for (double[] factor : factors) {
          PlainMatrix before = PlainMatrix.random(size[0], size[2], 3);
          double[] expected = sum(factor[0], product.values(), factor[1], before.values());
          try (Workspace work = workspace(precision)) {
            Operand x = left ? work.tensor(a.transposed()).transposed() : work.tensor(a);
            Operand y = right ? work.tensor(b.transposed()).transposed() : work.tensor(b);
            Tensor c = factor[1] == 0 ? work.blank(size[0], size[2]) : work.tensor(before);
            device().multiply(factor[0], x, y, factor[1], c);
            String what =
                "%s x %s of %s, factors %s"
                    .formatted(
                        left ? "a^T" : "a",
                        right ? "b^T" : "b",
                        Arrays.toString(size),
                        Arrays.toString(factor));
            Tolerances.assertClose(what, work.values(c), expected, tolerances(precision).product());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void productsOfViewsTouchOnlyTheirRows(Precision precision) {
    PlainMatrix a = PlainMatrix.random(9, 4, 1);
    PlainMatrix b = PlainMatrix.random(9, 4, 2);
    try (Workspace work = workspace(precision)) {
      Tensor c = work.zeros(9, 3);
      Tensor left = work.tensor(a).rowRange(2, 7);
      Operand right = work.tensor(b).rowRange(5, 8).transposed();
      device().multiply(1, left, right, 0, c.rowRange(3, 8));
      PlainMatrix whole = a.times(b.transposed());
      PlainMatrix expected = PlainMatrix.zeros(9, 3);
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 3; j++) {
          expected.set(3 + i, j, whole.at(2 + i, 5 + j));
        }
      }
      Tolerances.assertClose(
          "product", work.values(c), expected.values(), tolerances(precision).product());
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void gramsWriteOnlyTheLowerTriangle(Precision precision) {
    double[][] factors = {{1, 0}, {0.5, 1}, {2, -0.25}};
    for (int[] size : SAMPLES) {
      PlainMatrix x = PlainMatrix.random(size[0], size[1], 1);
      PlainMatrix product = x.transposed().times(x);
      for (double[] factor : factors) {
        PlainMatrix before = PlainMatrix.random(size[1], size[1], 2);
        try (Workspace work = workspace(precision)) {
          Tensor c = factor[1] == 0 ? work.blank(size[1], size[1]) : work.tensor(before);
          PlainMatrix untouched = work.matrix(c);
          device().gram(factor[0], work.tensor(x), factor[1], c);
          double[] expected = sum(factor[0], product.values(), factor[1], before.values());
          PlainMatrix right = new PlainMatrix(size[1], size[1], expected);
          for (int i = 0; i < size[1]; i++) {
            for (int j = i + 1; j < size[1]; j++) {
              right.set(i, j, untouched.at(i, j));
            }
          }
          Tolerances.assertClose(
              "gram of " + Arrays.toString(size),
              work.values(c),
              right.values(),
              tolerances(precision).product());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void packedGramsAreAddedInEitherPrecision(Precision precision) {
    for (Precision kept : Precision.values()) {
      for (int[] size : SAMPLES) {
        PlainMatrix x = PlainMatrix.random(size[0], size[1], 1);
        double[] product = x.transposed().times(x).packed();
        PlainMatrix before = PlainMatrix.random(1, product.length, 2);
        try (Workspace work = workspace(precision)) {
          Tensor packed = work.tensor(kept, before);
          device().addGramPacked(0.5, work.tensor(x), packed);
          device().addGramPacked(1.5, work.tensor(x), packed);
          Precision coarser = kept == Precision.SINGLE ? kept : precision;
          Tolerances.assertClose(
              "packed gram of " + Arrays.toString(size),
              work.values(packed),
              sum(2, product, 1, before.values()),
              tolerances(coarser).product());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void packedProductsOfWeighedRowsAreTheirTriangle(Precision precision) {
    for (int[] size : SAMPLES) {
      PlainMatrix x = PlainMatrix.random(size[0], size[1], 1);
      double[] weights = PlainMatrix.random(1, size[0], 2).values();
      double[] weighed = x.values().clone();
      for (int i = 0; i < weighed.length; i++) {
        weighed[i] *= weights[i / size[1]];
      }
      PlainMatrix y = new PlainMatrix(size[0], size[1], weighed);
      double[] product = x.transposed().times(y).packed();
      PlainMatrix before = PlainMatrix.random(1, product.length, 3);
      try (Workspace work = workspace(precision)) {
        Tensor packed = work.tensor(Precision.DOUBLE, before);
        device().addProductPacked(-0.5, work.tensor(x), work.tensor(y), packed);
        Tolerances.assertClose(
            "packed product of " + Arrays.toString(size),
            work.values(packed),
            sum(-0.5, product, 1, before.values()),
            tolerances(precision).product());
      }
    }
  }

  @Test
  default void packedGramsInDoubleKeepWhatSingleWouldLose() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      Tensor packed = work.own(device().tensor(Precision.DOUBLE, 1, 3, 0x1p40, 0x1p40, 0x1p40));
      Tensor x = work.tensor(1, 2, 0.5, 0.25);
      device().addGramPacked(1, x, packed);
      assertThat(work.values(packed))
          .containsExactly(0x1p40 + 0.25, 0x1p40 + 0.125, 0x1p40 + 0.0625);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void mirroringCopiesTheLowerTriangle(Precision precision) {
    for (int n : MemoryContract.SIZES) {
      PlainMatrix symmetric = PlainMatrix.positiveDefinite(n, 1);
      try (Workspace work = workspace(precision)) {
        Tensor a = work.tensor(symmetric.withUpperTriangle(Double.NaN));
        device().mirror(a);
        Tolerances.assertClose("mirror of " + n, work.values(a), symmetric.values(), 0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void packingAndUnpackingAreInverse(Precision precision) {
    for (Precision packedPrecision : Precision.values()) {
      for (int n : MemoryContract.SIZES) {
        PlainMatrix symmetric = PlainMatrix.positiveDefinite(n, 1);
        int size = n * (n + 1) / 2;
        try (Workspace work = workspace(precision)) {
          Tensor packed = work.tensor(packedPrecision, PlainMatrix.zeros(1, size));
          device().pack(work.tensor(symmetric.withUpperTriangle(Double.NaN)), packed);
          Tolerances.assertClose("packed " + n, work.values(packed), symmetric.packed(), 0);
          Tensor full = work.blank(n, n);
          device().unpack(packed, full);
          Tolerances.assertClose("full " + n, work.values(full), symmetric.values(), 0);
        }
      }
    }
  }

  private static double[] sum(double alpha, double[] x, double beta, double[] y) {
    double[] sum = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      sum[i] = alpha * x[i] + beta * y[i];
    }
    return sum;
  }
}
