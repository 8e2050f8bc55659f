package org.llmsurgeon.pruning;

/** A Cholesky solve in plain Java, for blocks too small for a device call. */
final class SmallSolve {
  private SmallSolve() {}

  /**
   * {@code tr((X_SS)^-1 H)}.
   *
   * @param matrix {@code X}, row by row
   * @param size rows of {@code X}
   * @param set the indices {@code S}
   * @param block {@code H}, {@code |S| x |S|}, row by row
   * @return the trace, or NaN where {@code X_SS} is not positive definite
   */
  static double trace(double[] matrix, int size, int[] set, double[] block) {
    int n = set.length;
    double[] l = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = matrix[set[i] * size + set[j]];
        for (int k = 0; k < j; k++) {
          sum -= l[i * n + k] * l[j * n + k];
        }
        if (i == j && !(sum > 0)) {
          return Double.NaN;
        }
        l[i * n + j] = i == j ? Math.sqrt(sum) : sum / l[j * n + j];
      }
    }
    double trace = 0;
    double[] x = new double[n];
    for (int column = 0; column < n; column++) {
      trace += solvedElement(l, n, block, column, x);
    }
    return trace;
  }

  /** Element {@code column} of {@code (L L^T)^-1 h}, {@code h} a column of the block. */
  private static double solvedElement(double[] l, int n, double[] block, int column, double[] x) {
    for (int i = 0; i < n; i++) {
      double sum = block[i * n + column];
      for (int k = 0; k < i; k++) {
        sum -= l[i * n + k] * x[k];
      }
      x[i] = sum / l[i * n + i];
    }
    for (int i = n - 1; i >= column; i--) {
      double sum = x[i];
      for (int k = i + 1; k < n; k++) {
        sum -= l[k * n + i] * x[k];
      }
      x[i] = sum / l[i * n + i];
    }
    return x[column];
  }
}
