package org.llmsurgeon.pruning.element;

import java.util.stream.IntStream;
import org.llmsurgeon.curvature.NotPositiveDefiniteException;

/** Inverses of small blocks of a positive definite matrix in plain Java. */
final class SmallInverse {
  private SmallInverse() {}

  /**
   * {@code (B_SS)^-1}, by elimination on the diagonal, which needs no search for pivots in a
   * positive definite matrix. Dead members, whose rows of {@code B} are 0, get rows and columns of
   * 0: they neither cost nor correlate.
   *
   * @param block {@code B}, row by row
   * @param size rows of {@code B}
   * @param set the members {@code S}, ascending
   * @return {@code [|S|, |S|]}
   * @throws NotPositiveDefiniteException if the live part of {@code B_SS} is not positive definite
   */
  static double[] of(double[] block, int size, int[] set) {
    int n = set.length;
    double[] a = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i * n + j] = block[set[i] * size + set[j]];
      }
    }
    for (int pivot = 0; pivot < n; pivot++) {
      if (block[set[pivot] * size + set[pivot]] != 0) {
        if (!(a[pivot * n + pivot] > 0)) {
          throw new NotPositiveDefiniteException(
              "A block of an inverse", pivot, diagonal(block, size));
        }
        sweep(a, n, pivot);
      }
    }
    return a;
  }

  private static double[] diagonal(double[] block, int size) {
    return IntStream.range(0, size).mapToDouble(i -> block[i * size + i]).toArray();
  }

  /** One pivot of the inversion in place. */
  private static void sweep(double[] a, int n, int pivot) {
    double inverse = 1 / a[pivot * n + pivot];
    for (int i = 0; i < n; i++) {
      if (i != pivot) {
        double factor = a[i * n + pivot] * inverse;
        for (int j = 0; j < n; j++) {
          if (j != pivot) {
            a[i * n + j] -= factor * a[pivot * n + j];
          }
        }
      }
    }
    for (int i = 0; i < n; i++) {
      if (i != pivot) {
        a[i * n + pivot] *= -inverse;
        a[pivot * n + i] *= inverse;
      }
    }
    a[pivot * n + pivot] = inverse;
  }
}
