package org.llmsurgeon.export;

import java.util.BitSet;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * Which rows and columns of a matrix are not all zeros.
 *
 * @param rows rows with an element that is not 0
 * @param columns columns likewise
 * @param elements elements that are not 0
 */
record ZeroLines(BitSet rows, BitSet columns, long elements) {
  private static final int CHUNK = 1 << 18;

  /**
   * Reads a matrix.
   *
   * @param matrix {@code [rows, columns]}
   * @param device where it lives
   */
  static ZeroLines of(Tensor matrix, Device device) {
    int width = matrix.columns();
    int step = Math.max(1, CHUNK / Math.max(1, width));
    float[] values = new float[Math.min(step, matrix.rows()) * width];
    ZeroLines lines = new ZeroLines(new BitSet(), new BitSet(), 0);
    long elements = 0;
    for (int from = 0; from < matrix.rows() && width > 0; from += step) {
      int count = Math.min(step, matrix.rows() - from);
      device.download(matrix, (long) from * width, values, 0, count * width);
      for (int row = 0; row < count; row++) {
        elements += lines.mark(values, row * width, width, from + row);
      }
    }
    return new ZeroLines(lines.rows, lines.columns, elements);
  }

  private long mark(float[] values, int at, int width, int row) {
    long found = 0;
    for (int column = 0; column < width; column++) {
      if (values[at + column] != 0) {
        columns.set(column);
        found++;
      }
    }
    if (found > 0) {
      rows.set(row);
    }
    return found;
  }
}
