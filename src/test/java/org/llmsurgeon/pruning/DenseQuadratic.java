package org.llmsurgeon.pruning;

import java.util.stream.IntStream;

/**
 * The quadratic model {@code 1/2 d^T (G (x) A) d} of a layer with the matrix {@code G (x) A}
 * written out, over the weight row by row, and its constrained minimum by plain elimination: the
 * definition that costs and updates are held against.
 */
public final class DenseQuadratic {
  private final double[][] matrix;

  public DenseQuadratic(double[][] g, double[][] a) {
    int size = g.length * a.length;
    matrix = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        matrix[i][j] = g[i / a.length][j / a.length] * a[i % a.length][j % a.length];
      }
    }
  }

  /** Any symmetric {@code F}. */
  public DenseQuadratic(double[][] matrix) {
    this.matrix = matrix;
  }

  /** {@code 1/2 d^T F d}. */
  public double cost(double[] change) {
    double sum = 0;
    for (int i = 0; i < change.length; i++) {
      for (int j = 0; j < change.length; j++) {
        sum += 0.5 * change[i] * matrix[i][j] * change[j];
      }
    }
    return sum;
  }

  /** The cheapest change that makes the marked weights 0: {@code F_KK d_K = F_KM w_M}. */
  public double[] cheapestRemoval(double[] weight, boolean[] removed) {
    int[] kept = IntStream.range(0, weight.length).filter(i -> !removed[i]).toArray();
    double[][] system = new double[kept.length][kept.length + 1];
    for (int i = 0; i < kept.length; i++) {
      for (int j = 0; j < kept.length; j++) {
        system[i][j] = matrix[kept[i]][kept[j]];
      }
      for (int j = 0; j < weight.length; j++) {
        system[i][kept.length] += removed[j] ? matrix[kept[i]][j] * weight[j] : 0;
      }
    }
    double[] solution = eliminate(system);
    double[] change = new double[weight.length];
    for (int j = 0; j < weight.length; j++) {
      change[j] = removed[j] ? -weight[j] : 0;
    }
    for (int i = 0; i < kept.length; i++) {
      change[kept[i]] = solution[i];
    }
    return change;
  }

  private static double[] eliminate(double[][] system) {
    int size = system.length;
    for (int pivot = 0; pivot < size; pivot++) {
      int best = pivot;
      for (int i = pivot + 1; i < size; i++) {
        best = Math.abs(system[i][pivot]) > Math.abs(system[best][pivot]) ? i : best;
      }
      double[] swap = system[pivot];
      system[pivot] = system[best];
      system[best] = swap;
      for (int i = 0; i < size; i++) {
        double factor = i == pivot ? 0 : system[i][pivot] / system[pivot][pivot];
        for (int j = pivot; factor != 0 && j <= size; j++) {
          system[i][j] -= factor * system[pivot][j];
        }
      }
    }
    return IntStream.range(0, size).mapToDouble(i -> system[i][size] / system[i][i]).toArray();
  }
}
