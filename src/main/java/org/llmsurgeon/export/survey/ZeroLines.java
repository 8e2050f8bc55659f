package org.llmsurgeon.export.survey;

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
public record ZeroLines(BitSet rows, BitSet columns, long elements) {
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
    BitSet rows = new BitSet();
    int[] seen = new int[width];
    long elements = 0;
    for (int from = 0; from < matrix.rows() && width > 0; from += step) {
      int count = Math.min(step, matrix.rows() - from);
      device.download(matrix, (long) from * width, values, 0, count * width);
      for (int row = 0; row < count; row++) {
        int found = mark(values, row * width, seen);
        rows.set(from + row, found > 0);
        elements += found;
      }
    }
    BitSet columns = new BitSet();
    for (int column = 0; column < width; column++) {
      columns.set(column, seen[column] != 0);
    }
    return new ZeroLines(rows, columns, elements);
  }

  /** Elements of a row that are not 0; a column where there is one gets bits. */
  private static int mark(float[] values, int at, int[] seen) {
    int found = 0;
    for (int column = 0; column < seen.length; column++) {
      // Without the sign, so that -0 is 0: all bits are 0 then, and for nothing else.
      int bits = Float.floatToRawIntBits(values[at + column]) << 1;
      seen[column] |= bits;
      found += bits == 0 ? 0 : 1;
    }
    return found;
  }
}
