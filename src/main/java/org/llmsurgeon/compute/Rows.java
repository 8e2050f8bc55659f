package org.llmsurgeon.compute;

import java.util.Arrays;

/**
 * The rows of a matrix on the host, many in each transfer: on a card every transfer costs as much
 * as thousands of numbers, and waits for what was asked before.
 */
public final class Rows {
  /** Elements of a transfer; a longer row goes alone. */
  private static final int ELEMENTS = 1 << 16;

  private final Device device;
  private final Tensor matrix;
  private final double[] loaded;
  private int first;
  private int after;

  private Rows(Device device, Tensor matrix) {
    this.device = device;
    this.matrix = matrix;
    this.loaded = new double[Math.multiplyExact(step(matrix), matrix.columns())];
  }

  /**
   * Reads a matrix whose values stay as they are meanwhile, best from the first row to the last.
   *
   * @param device where it lives
   * @param matrix {@code [rows, columns]}, either precision
   */
  public static Rows of(Device device, Tensor matrix) {
    return new Rows(device, matrix);
  }

  /** What is done with a row. */
  @FunctionalInterface
  public interface Work {
    /**
     * Reads or changes a row.
     *
     * @param row which
     * @param values its values; valid during the call only
     */
    void on(int row, double[] values);
  }

  /**
   * A row's values.
   *
   * @param row which
   * @param values written; where shorter than a row, its first ones
   */
  public void read(int row, double[] values) {
    int width = matrix.columns();
    if (row < first || row >= after) {
      first = row;
      after = Math.min(matrix.rows(), row + step(matrix));
      device.download(matrix, (long) first * width, loaded, 0, (after - first) * width);
    }
    System.arraycopy(loaded, (row - first) * width, values, 0, Math.min(width, values.length));
  }

  /**
   * Looks at each row in order.
   *
   * @param device where the matrix lives
   * @param matrix {@code [rows, columns]}, either precision; not changed meanwhile
   * @param work gets each row
   */
  public static void each(Device device, Tensor matrix, Work work) {
    Rows rows = of(device, matrix);
    double[] values = new double[matrix.columns()];
    for (int row = 0; row < matrix.rows(); row++) {
      rows.read(row, values);
      work.on(row, values);
    }
  }

  /**
   * Writes each row in order, whatever was there.
   *
   * @param device where the matrix lives
   * @param matrix {@code [rows, columns]}, either precision
   * @param work gets a row of zeros and writes its values
   */
  public static void fill(Device device, Tensor matrix, Work work) {
    write(
        device,
        matrix,
        (row, values) -> {
          Arrays.fill(values, 0);
          work.on(row, values);
        });
  }

  /**
   * Writes each row in order from the same row of a matrix.
   *
   * @param device where they live
   * @param from {@code [rows, columns]}, either precision
   * @param to of the same shape; may be {@code from}
   * @param work changes the values of a row
   */
  public static void map(Device device, Tensor from, Tensor to, Work work) {
    ShapeChecks.sameShape("from", from, "to", to);
    Rows rows = of(device, from);
    write(
        device,
        to,
        (row, values) -> {
          rows.read(row, values);
          work.on(row, values);
        });
  }

  private static void write(Device device, Tensor matrix, Work work) {
    int width = matrix.columns();
    double[] values = new double[width];
    double[] some = new double[Math.multiplyExact(step(matrix), width)];
    for (int first = 0; first < matrix.rows(); first += step(matrix)) {
      int count = Math.min(step(matrix), matrix.rows() - first);
      for (int i = 0; i < count; i++) {
        work.on(first + i, values);
        System.arraycopy(values, 0, some, i * width, width);
      }
      device.upload(some, 0, matrix, (long) first * width, count * width);
    }
  }

  private static int step(Tensor matrix) {
    int rows = Math.max(1, ELEMENTS / Math.max(1, matrix.columns()));
    return Math.max(1, Math.min(rows, matrix.rows()));
  }
}
