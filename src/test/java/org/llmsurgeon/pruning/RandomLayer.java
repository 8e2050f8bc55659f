package org.llmsurgeon.pruning;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.curvature.Damping;
import org.llmsurgeon.curvature.KroneckerFactors;
import org.llmsurgeon.pruning.layer.LayerSurgery;
import org.llmsurgeon.pruning.layer.UnitDamping;
import org.llmsurgeon.pruning.structure.Selection;

/** A small layer of random weights and factors, as plain arrays. */
public record RandomLayer(double[][] weight, double[][] g, double[][] a) {
  public static RandomLayer of(Random random, int rows, int columns) {
    double[][] weight = new double[rows][];
    Arrays.setAll(weight, i -> random.doubles(columns, -1, 1).toArray());
    return new RandomLayer(weight, gram(random, rows), gram(random, columns));
  }

  /** The same with every number as single precision holds it. */
  public RandomLayer roundedToSingle() {
    return new RandomLayer(rounded(weight), rounded(g), rounded(a));
  }

  public int rows() {
    return weight.length;
  }

  public int columns() {
    return a.length;
  }

  /** The weight row by row. */
  public double[] flatWeight() {
    return flat(weight);
  }

  public KroneckerFactors factors(TensorScope scope, CurvatureKind kind) {
    return new KroneckerFactors(tensor(scope, a), tensor(scope, g), 1, kind);
  }

  public LayerSurgery surgery(TensorScope scope, Damping damping) {
    return surgery(scope, new UnitDamping(damping, 0));
  }

  public LayerSurgery surgery(TensorScope scope, UnitDamping damping) {
    KroneckerFactors factors = factors(scope, CurvatureKind.KFAC);
    return new LayerSurgery(scope.device(), "layer 1", tensor(scope, weight), factors, damping);
  }

  public DenseQuadratic quadratic(Damping damping) {
    return new DenseQuadratic(damped(g, damping.g()), damped(a, damping.a()));
  }

  /** Which weights, row by row, a selection removes. */
  public boolean[] removed(Selection selection) {
    boolean[] removed = new boolean[rows() * columns()];
    for (int i = 0; i < removed.length; i++) {
      removed[i] =
          Arrays.binarySearch(selection.rows(), i / columns()) >= 0
              || Arrays.binarySearch(selection.columns(), i % columns()) >= 0;
    }
    return removed;
  }

  /** Each row and each column with probability one half. */
  public Selection randomSelection(Random random) {
    return new Selection(randomSubset(random, rows()), randomSubset(random, columns()));
  }

  static int[] randomSubset(Random random, int size) {
    return IntStream.range(0, size).filter(i -> random.nextBoolean()).toArray();
  }

  public static Tensor tensor(TensorScope scope, double[][] matrix) {
    Device device = scope.device();
    int columns = matrix.length == 0 ? 0 : matrix[0].length;
    return scope.own(device.tensor(Precision.DOUBLE, matrix.length, columns, flat(matrix)));
  }

  public static double[][] damped(double[][] matrix, double damping) {
    double mean =
        IntStream.range(0, matrix.length).mapToDouble(i -> matrix[i][i]).average().orElse(0);
    double[][] damped = new double[matrix.length][];
    for (int i = 0; i < matrix.length; i++) {
      damped[i] = matrix[i].clone();
      damped[i][i] += damping * mean;
    }
    return damped;
  }

  public static double[] minus(double[] x, double[] y) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i] - y[i]).toArray();
  }

  private static double[] flat(double[][] matrix) {
    return Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray();
  }

  private static double[][] rounded(double[][] matrix) {
    return Arrays.stream(matrix)
        .map(row -> Arrays.stream(row).map(each -> (float) each).toArray())
        .toArray(double[][]::new);
  }

  private static double[][] gram(Random random, int size) {
    double[][] gram = new double[size][size];
    for (int t = 0; t < size + 2; t++) {
      double[] x = random.doubles(size, -1, 1).toArray();
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          gram[i][j] += x[i] * x[j];
        }
      }
    }
    return gram;
  }
}
