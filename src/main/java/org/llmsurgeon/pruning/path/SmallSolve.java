package org.llmsurgeon.pruning.path;

/** A Cholesky solve in plain Java, for blocks too small for a device call. */
final class SmallSolve {
  private SmallSolve() {}

  /**
   * {@code tr(X^-1 H)}.
   *
   * @param matrix {@code X}, row by row
   * @param n rows of {@code X} and {@code H}
   * @param block {@code H}, row by row
   * @return the trace, or NaN where {@code X} is not positive definite
   */
  static double trace(double[] matrix, int n, double[] block) {
    double[] l = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = matrix[i * n + j];
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
