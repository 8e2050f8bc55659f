package org.llmsurgeon.pruning.structure;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Rows and columns of one layer, dead ones included. The arrays are not copied, so not to be
 * written.
 *
 * @param rows indices of rows, ascending, none twice
 * @param columns indices of columns, ascending, none twice; the bias is the last column
 * @param freeRows those among the rows that nobody reads any more, ascending: nothing makes up for
 *     them, and they make up for nothing (method, section 5, ours)
 */
public record Selection(int[] rows, int[] columns, int[] freeRows) implements Serializable {
  /** Nothing. */
  public static final Selection NONE = new Selection(new int[0], new int[0]);

  /** Checks the order. */
  public Selection {
    checkAscending("rows", rows);
    checkAscending("columns", columns);
    checkAscending("freeRows", freeRows);
    for (int row : freeRows) {
      if (Arrays.binarySearch(rows, row) < 0) {
        throw new IllegalArgumentException("free row " + row + " is not among the rows that go");
      }
    }
  }

  /**
   * Rows and columns that the rest makes up for.
   *
   * @param rows indices of rows, ascending, none twice
   * @param columns indices of columns, ascending, none twice
   */
  public Selection(int[] rows, int[] columns) {
    this(rows, columns, new int[0]);
  }

  /**
   * Weights that go with them: {@code r C + c R - r c}.
   *
   * @param outputs rows of the layer, {@code R}
   * @param inputs columns of the layer, {@code C}, the bias counted
   */
  public long weights(int outputs, int inputs) {
    long r = rows.length;
    long c = columns.length;
    return r * inputs + c * outputs - r * c;
  }

  /** Throws if an index lies outside a layer of this shape. */
  public void checkWithin(int outputs, int inputs) {
    if (rows.length > 0 && rows[rows.length - 1] >= outputs
        || columns.length > 0 && columns[columns.length - 1] >= inputs) {
      throw new IllegalArgumentException(
          this + " does not fit a weight [" + outputs + ", " + inputs + "]");
    }
  }

  private static void checkAscending(String name, int[] indices) {
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || i > 0 && indices[i] <= indices[i - 1]) {
        throw new IllegalArgumentException(name + " not ascending: " + Arrays.toString(indices));
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Selection that
        && Arrays.equals(rows, that.rows)
        && Arrays.equals(columns, that.columns)
        && Arrays.equals(freeRows, that.freeRows);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(rows) + Arrays.hashCode(columns)) + Arrays.hashCode(freeRows);
  }

  @Override
  public String toString() {
    String free = freeRows.length == 0 ? "" : ", of them free " + Arrays.toString(freeRows);
    return "rows " + Arrays.toString(rows) + free + ", columns " + Arrays.toString(columns);
  }
}
