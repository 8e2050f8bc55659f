package org.llmsurgeon.compute.reference;

import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.ShapeChecks;
import org.llmsurgeon.compute.Tensor;

/**
 * A tensor of {@link ReferenceDevice}: a stretch of an array of doubles, whatever the declared
 * precision. Views share the array with the tensor that they were taken from.
 */
final class ReferenceTensor implements Tensor {
  /** The memory of a tensor and all its views; null once the tensor is closed. */
  private static final class Storage {
    private double[] values;
  }

  private final Storage storage;
  private final boolean view;
  private final int start;
  private final Precision precision;
  private final int rows;
  private final int columns;

  private ReferenceTensor(ReferenceTensor owner, int start, int rows, int columns) {
    this.storage = owner.storage;
    this.view = true;
    this.start = start;
    this.precision = owner.precision;
    this.rows = rows;
    this.columns = columns;
  }

  private ReferenceTensor(Precision precision, int rows, int columns) {
    this.storage = new Storage();
    this.storage.values = new double[rows * columns];
    this.view = false;
    this.start = 0;
    this.precision = precision;
    this.rows = rows;
    this.columns = columns;
  }

  /** A new tensor full of zeros, of at most 2^31 - 1 elements. */
  static ReferenceTensor zeros(Precision precision, int rows, int columns) {
    if (rows < 0 || columns < 0 || (long) rows * columns > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The reference device cannot hold a tensor [" + rows + ", " + columns + "]");
    }
    return new ReferenceTensor(precision, rows, columns);
  }

  /** This device's own view of a tensor; refuses closed tensors and those of other devices. */
  static ReferenceTensor of(Tensor tensor) {
    if (!(tensor instanceof ReferenceTensor reference)) {
      throw new IllegalArgumentException("Not a tensor of the reference device: " + tensor);
    }
    if (reference.storage.values == null) {
      throw new IllegalStateException("The tensor " + reference + " is closed");
    }
    return reference;
  }

  /** Element in row-major order. */
  double at(long index) {
    return storage.values[Math.toIntExact(start + index)];
  }

  /** Element {@code (row, column)}. */
  double at(int row, int column) {
    return storage.values[start + row * columns + column];
  }

  /** Writes an element in row-major order. */
  void set(long index, double value) {
    storage.values[Math.toIntExact(start + index)] = value;
  }

  /** Writes element {@code (row, column)}. */
  void set(int row, int column, double value) {
    storage.values[start + row * columns + column] = value;
  }

  /** Adds to element {@code (row, column)}. */
  void add(int row, int column, double value) {
    storage.values[start + row * columns + column] += value;
  }

  /** Fills the whole tensor. */
  void fill(double value) {
    for (long i = 0; i < size(); i++) {
      set(i, value);
    }
  }

  /** Refuses an output that shares elements with an input. */
  void mustNotOverlap(ReferenceTensor input) {
    boolean apart =
        storage != input.storage
            || start >= input.start + input.size()
            || input.start >= start + size();
    if (!apart) {
      throw new IllegalArgumentException("The output " + this + " overlaps the input " + input);
    }
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Tensor rowRange(int from, int to) {
    of(this);
    ShapeChecks.rowRange(this, from, to);
    return new ReferenceTensor(this, start + from * columns, to - from, columns);
  }

  @Override
  public Tensor reshape(int newRows, int newColumns) {
    of(this);
    ShapeChecks.reshape(this, newRows, newColumns);
    return new ReferenceTensor(this, start, newRows, newColumns);
  }

  @Override
  public void close() {
    if (!view) {
      storage.values = null;
    }
  }

  @Override
  public String toString() {
    return ShapeChecks.describe(this);
  }
}
