package org.llmsurgeon.compute;

import java.util.Random;

/**
 * A matrix of plain doubles in which tests say what must come out, without any device. Random
 * elements are ones that single precision holds exactly, so that a device of either precision gets
 * the same input.
 *
 * @param rows rows
 * @param columns columns
 * @param values elements, row by row
 */
public record PlainMatrix(int rows, int columns, double[] values) {
  static PlainMatrix zeros(int rows, int columns) {
    return new PlainMatrix(rows, columns, new double[rows * columns]);
  }

  /** Independent standard normal elements. */
  public static PlainMatrix random(int rows, int columns, long seed) {
    PlainMatrix matrix = zeros(rows, columns);
    Random random = new Random(seed);
    for (int i = 0; i < matrix.values.length; i++) {
      matrix.values[i] = (float) random.nextGaussian();
    }
    return matrix;
  }

  /** A symmetric matrix with eigenvalues between 1 and about 5. */
  static PlainMatrix positiveDefinite(int n, long seed) {
    PlainMatrix x = random(n, n, seed);
    PlainMatrix matrix = x.transposed().times(x);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double value = (float) (matrix.at(i, j) / n + (i == j ? 1 : 0));
        matrix.set(i, j, value);
        matrix.set(j, i, value);
      }
    }
    return matrix;
  }

  static PlainMatrix identity(int n) {
    PlainMatrix matrix = zeros(n, n);
    for (int i = 0; i < n; i++) {
      matrix.set(i, i, 1);
    }
    return matrix;
  }

  double at(int row, int column) {
    return values[row * columns + column];
  }

  void set(int row, int column, double value) {
    values[row * columns + column] = value;
  }

  public PlainMatrix transposed() {
    PlainMatrix result = zeros(columns, rows);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        result.set(j, i, at(i, j));
      }
    }
    return result;
  }

  public PlainMatrix times(PlainMatrix other) {
    PlainMatrix result = zeros(rows, other.columns);
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        for (int j = 0; j < other.columns; j++) {
          result.values[i * other.columns + j] += at(i, k) * other.at(k, j);
        }
      }
    }
    return result;
  }

  /** This matrix with something else above the diagonal. */
  PlainMatrix withUpperTriangle(double value) {
    PlainMatrix result = new PlainMatrix(rows, columns, values.clone());
    for (int i = 0; i < rows; i++) {
      for (int j = i + 1; j < columns; j++) {
        result.set(i, j, value);
      }
    }
    return result;
  }

  /** The lower triangle, row by row. */
  public double[] packed() {
    double[] packed = new double[rows * (rows + 1) / 2];
    int next = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j <= i; j++) {
        packed[next++] = at(i, j);
      }
    }
    return packed;
  }
}
