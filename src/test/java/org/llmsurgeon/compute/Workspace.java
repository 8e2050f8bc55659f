package org.llmsurgeon.compute;

import java.util.Arrays;

/** Tensors of one precision on one device, for the length of a test. */
public final class Workspace implements AutoCloseable {
  private final TensorScope scope;
  private final Precision precision;

  Workspace(Device device, Precision precision) {
    this.scope = new TensorScope(device);
    this.precision = precision;
  }

  public Device device() {
    return scope.device();
  }

  public Tensor tensor(int rows, int columns, double... values) {
    return scope.own(device().tensor(precision, rows, columns, values));
  }

  public Tensor tensor(PlainMatrix matrix) {
    return tensor(matrix.rows(), matrix.columns(), matrix.values());
  }

  public Tensor tensor(Precision other, PlainMatrix matrix) {
    return scope.own(device().tensor(other, matrix.rows(), matrix.columns(), matrix.values()));
  }

  public Tensor random(int rows, int columns, long seed) {
    return tensor(PlainMatrix.random(rows, columns, seed));
  }

  public Tensor zeros(int rows, int columns) {
    return scope.zeros(precision, rows, columns);
  }

  /** A tensor full of NaN: what a method must overwrite and must not read. */
  public Tensor blank(int rows, int columns) {
    double[] values = new double[rows * columns];
    Arrays.fill(values, Double.NaN);
    return tensor(rows, columns, values);
  }

  /** A number of double precision for each row. */
  public Tensor perRow(double... values) {
    return scope.own(device().tensor(Precision.DOUBLE, values.length, 1, values));
  }

  /** A column for each row. */
  public Tensor perRow(int[] columns) {
    return perRow(Arrays.stream(columns).asDoubleStream().toArray());
  }

  /** Cross-entropies, in memory that held something else. */
  public double[] losses(Tensor logits, int... targets) {
    double[] before = new double[logits.rows()];
    Arrays.fill(before, Double.NaN);
    Tensor losses = perRow(before);
    device().crossEntropy(logits, targets, losses);
    return values(losses);
  }

  /** Columns drawn, in memory that held something else. */
  public int[] drawn(Tensor logits, double... uniforms) {
    double[] before = new double[logits.rows()];
    Arrays.fill(before, Double.NaN);
    Tensor drawn = perRow(before);
    device().sample(logits, uniforms, drawn);
    return Arrays.stream(values(drawn)).mapToInt(value -> (int) value).toArray();
  }

  Tensor own(Tensor tensor) {
    return scope.own(tensor);
  }

  public double[] values(Tensor tensor) {
    return device().values(tensor);
  }

  PlainMatrix matrix(Tensor tensor) {
    return new PlainMatrix(tensor.rows(), tensor.columns(), values(tensor));
  }

  @Override
  public void close() {
    scope.close();
  }
}
