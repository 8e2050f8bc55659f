package org.llmsurgeon.curvature;

import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.accumulate.TokenShape;

/**
 * Inputs and output gradients of some tokens as plain arrays, and the Fisher over them written out:
 * {@code F = mean_t (g g^T) (x) (a a^T)}, over the weight row by row.
 *
 * @param a {@code [tokens, in]}, the bias entry 1 last where there is one
 * @param g {@code [tokens, out]}
 * @param bias whether the last entry of each input is the bias's
 */
public record TokenSample(double[][] a, double[][] g, boolean bias) {
  public static TokenSample random(
      Random random, int tokens, int outputs, int inputs, boolean bias) {
    double[][] a = new double[tokens][];
    double[][] g = new double[tokens][];
    for (int t = 0; t < tokens; t++) {
      // Both sides grow together, so that they are not independent
      double size = 0.2 + random.nextDouble();
      a[t] = Arrays.copyOf(random.doubles(inputs, -size, size).toArray(), inputs + (bias ? 1 : 0));
      if (bias) {
        a[t][inputs] = 1;
      }
      g[t] = random.doubles(outputs, -size, size).toArray();
    }
    return new TokenSample(a, g, bias);
  }

  /** Every input with every gradient: the two sides are independent. */
  static TokenSample product(Random random, int tokens, int outputs, int inputs) {
    double[][] a = new double[tokens * tokens][];
    double[][] g = new double[tokens * tokens][];
    for (int t = 0; t < tokens; t++) {
      double[] input = random.doubles(inputs, -1, 1).toArray();
      double[] gradient = random.doubles(outputs, -1, 1).toArray();
      for (int other = 0; other < tokens; other++) {
        a[t * tokens + other] = input;
        g[other * tokens + t] = gradient;
      }
    }
    return new TokenSample(a, g, false);
  }

  /** Both samples, one after the other. */
  TokenSample and(TokenSample other) {
    double[][] allA = Arrays.copyOf(a, a.length + other.a.length);
    double[][] allG = Arrays.copyOf(g, allA.length);
    System.arraycopy(other.a, 0, allA, a.length, other.a.length);
    System.arraycopy(other.g, 0, allG, a.length, other.a.length);
    return new TokenSample(allA, allG, bias);
  }

  public TokenSample part(int from, int to) {
    return new TokenSample(Arrays.copyOfRange(a, from, to), Arrays.copyOfRange(g, from, to), bias);
  }

  int outputs() {
    return g[0].length;
  }

  public int inputs() {
    return a[0].length;
  }

  public TokenShape inputShape() {
    return new TokenShape(inputs() - (bias ? 1 : 0), bias);
  }

  public TokenShape outputShape() {
    return new TokenShape(outputs(), false);
  }

  /** {@code [tokens, in]} without the bias entry. */
  public Tensor inputs(TensorScope scope, Precision precision) {
    return tensor(scope, precision, a, inputShape().width());
  }

  public Tensor gradients(TensorScope scope, Precision precision) {
    return tensor(scope, precision, g, outputs());
  }

  private static Tensor tensor(TensorScope scope, Precision precision, double[][] rows, int width) {
    double[] flat =
        Arrays.stream(rows).flatMapToDouble(row -> Arrays.stream(row, 0, width)).toArray();
    return scope.own(scope.device().tensor(precision, rows.length, width, flat));
  }

  /** KFAC factors: means of both sides, in double. */
  KroneckerFactors factors(TensorScope scope) {
    return new KroneckerFactors(mean(scope, a), mean(scope, g), a.length);
  }

  private static Tensor mean(TensorScope scope, double[][] rows) {
    int size = rows[0].length;
    double[] mean = new double[size * size];
    for (double[] row : rows) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += row[i / size] * row[i % size] / rows.length;
      }
    }
    return scope.own(scope.device().tensor(Precision.DOUBLE, size, size, mean));
  }

  double[][] fisher() {
    int width = inputs();
    double[][] fisher = new double[outputs() * width][outputs() * width];
    for (int t = 0; t < a.length; t++) {
      for (int i = 0; i < fisher.length; i++) {
        for (int j = 0; j < fisher.length; j++) {
          fisher[i][j] +=
              g[t][i / width] * g[t][j / width] * a[t][i % width] * a[t][j % width] / a.length;
        }
      }
    }
    return fisher;
  }

  /** {@code G (x) A} written out. */
  static double[][] product(Device device, KroneckerTerm term) {
    double[] g = device.values(term.g());
    double[] a = device.values(term.a());
    int outputs = term.g().rows();
    int inputs = term.a().rows();
    double[][] product = new double[outputs * inputs][outputs * inputs];
    for (int i = 0; i < product.length; i++) {
      for (int j = 0; j < product.length; j++) {
        product[i][j] = g[i / inputs * outputs + j / inputs] * a[i % inputs * inputs + j % inputs];
      }
    }
    return product;
  }

  /** A linear map of matrices written out, over the matrix row by row. */
  static double[][] matrix(Device device, int rows, int columns, BiConsumer<Tensor, Tensor> map) {
    double[][] matrix = new double[rows * columns][];
    for (int i = 0; i < matrix.length; i++) {
      double[] unit = new double[matrix.length];
      unit[i] = 1;
      try (Tensor x = device.tensor(Precision.DOUBLE, rows, columns, unit);
          Tensor into = device.empty(Precision.DOUBLE, rows, columns)) {
        map.accept(x, into);
        matrix[i] = device.values(into);
      }
    }
    return matrix;
  }

  public static double[] flat(double[][] matrix) {
    return Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray();
  }

  static double[][] sum(double[][] x, double[][] y) {
    double[][] sum = new double[x.length][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        sum[i][j] = x[i][j] + y[i][j];
      }
    }
    return sum;
  }

  /** Frobenius norm of the difference. */
  static double distance(double[][] x, double[][] y) {
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        squares += (x[i][j] - y[i][j]) * (x[i][j] - y[i][j]);
      }
    }
    return Math.sqrt(squares);
  }
}
